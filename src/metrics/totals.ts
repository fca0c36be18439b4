import { createCatalog } from './catalog.ts';
import type { Family } from './family.ts';
import type { FamilySnapshot, HistogramSeries, Labels, ValueSeries } from './snapshot.ts';

/** One series of the totals, in the form in which it is kept. */
export interface TotalSeries {
  readonly name: string;
  readonly labels: Labels;
  /** A counter's or gauge's value; 0 for a histogram. */
  value: number;
  /** A histogram's observations per bucket and their sum; none for the others. */
  counts: number[];
  sum: number;
  /** When it was last reported, in milliseconds since the Unix epoch. */
  seen: number;
  exemplars: HistogramSeries['exemplars'];
}

/** A gauge that nobody has reported for this long, while others were, describes what is gone. */
const GAUGE_LIFETIME_MS = 3_600_000;
/** How exactly it is kept when a gauge was last reported whose value stays: each time would be a write. */
const SEEN_RESOLUTION_MS = 600_000;

/**
 * Totals over many processes: counters and histograms are added up, a gauge is what was said of it last.
 * What is added is held against the catalogue; families and buckets that it does not have are refused.
 */
export class Totals {
  private readonly families: ReadonlyMap<string, FamilySnapshot>;
  private readonly series = new Map<string, TotalSeries>();
  /** When a series was last given out to be kept. */
  private readonly givenOut = new WeakMap<TotalSeries, number>();

  /** @param kept series of before; those that the catalogue does not have any more are left out */
  constructor(kept: Iterable<TotalSeries> = []) {
    this.families = new Map(
      Object.values<Family>(createCatalog()).map((family) => [family.name, family.snapshot()]),
    );
    for (const series of kept) {
      const family = this.families.get(series.name);
      const buckets = family?.type === 'histogram' ? family.bounds.length + 1 : 0;
      if (!family || series.counts.length !== buckets) continue;
      this.series.set(keyOf(series.name, series.labels), series);
    }
  }

  /**
   * Adds what a process has counted.
   *
   * @param now milliseconds since the Unix epoch
   * @returns the series that have changed, to be kept (they stay this object's own), and how many families
   *   were refused
   */
  add(
    families: readonly FamilySnapshot[],
    now: number,
  ): { changed: TotalSeries[]; refused: number } {
    const changed: TotalSeries[] = [];
    let refused = 0;
    for (const family of families) {
      const known = this.families.get(family.name);
      if (known?.type !== family.type || !sameBounds(known, family)) {
        refused++;
        continue;
      }
      for (const reported of family.series) {
        const total = this.find(family.name, reported.labels);
        total.seen = now;
        if (!this.merge(total, reported, family.type, now)) continue;
        this.givenOut.set(total, now);
        changed.push(total);
      }
    }
    return { changed, refused };
  }

  /** Takes out the gauges that describe what is gone, and gives them back. */
  expire(): TotalSeries[] {
    const gauges = [...this.series].filter(
      ([, { name }]) => this.families.get(name)?.type === 'gauge',
    );
    const newest = Math.max(...gauges.map(([, { seen }]) => seen));
    const gone = gauges.filter(([, { seen }]) => seen < newest - GAUGE_LIFETIME_MS);
    for (const [key] of gone) this.series.delete(key);
    return gone.map(([, series]) => series);
  }

  /** The families that have series. */
  snapshot(): FamilySnapshot[] {
    const byName = Map.groupBy(this.series.values(), ({ name }) => name);
    return [...this.families.values()].flatMap((family): FamilySnapshot[] => {
      const series = byName.get(family.name);
      if (!series) return [];
      return family.type === 'histogram'
        ? [{ ...family, series: series.map(toHistogramSeries) }]
        : [{ ...family, series: series.map(toValueSeries) }];
    });
  }

  /** @returns whether there is something to keep */
  private merge(
    total: TotalSeries,
    reported: ValueSeries | HistogramSeries,
    type: FamilySnapshot['type'],
    now: number,
  ): boolean {
    const givenOut = this.givenOut.get(total);
    if ('counts' in reported) {
      addHistogram(total, reported);
      return true;
    }
    const { value } = total;
    total.value = type === 'counter' ? value + reported.value : reported.value;
    if (total.value !== value || givenOut === undefined) return true;
    return type === 'gauge' && now - givenOut >= SEEN_RESOLUTION_MS;
  }

  private find(name: string, labels: Labels): TotalSeries {
    const key = keyOf(name, labels);
    const known = this.series.get(key);
    if (known) return known;
    const series = { name, labels, value: 0, counts: [], sum: 0, seen: 0, exemplars: [] };
    this.series.set(key, series);
    return series;
  }
}

/** The buckets of every histogram: totals of other ones cannot be gone on with. */
export function bucketLayout(): string {
  const families = Object.values<Family>(createCatalog()).map((family) => family.snapshot());
  return JSON.stringify(
    families.flatMap((family) =>
      family.type === 'histogram' ? [[family.name, family.bounds]] : [],
    ),
  );
}

function addHistogram(total: TotalSeries, { counts, sum, exemplars }: HistogramSeries): void {
  total.counts = counts.map((count, i) => count + (total.counts[i] ?? 0));
  total.sum += sum;
  total.exemplars = counts.map((_, i) => exemplars[i] ?? total.exemplars[i]);
}

function sameBounds(known: FamilySnapshot, given: FamilySnapshot): boolean {
  if (known.type !== 'histogram' || given.type !== 'histogram') return true;
  return (
    known.bounds.length === given.bounds.length &&
    known.bounds.every((bound, i) => bound === given.bounds[i])
  );
}

function toValueSeries({ labels, value }: TotalSeries): ValueSeries {
  return { labels, value };
}

function toHistogramSeries({ labels, counts, sum, exemplars }: TotalSeries): HistogramSeries {
  return { labels, counts: counts.slice(), sum, exemplars: exemplars.slice() };
}

function keyOf(name: string, labels: Labels): string {
  return JSON.stringify([name, ...Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1))]);
}
