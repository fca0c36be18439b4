import type { FamilySnapshot, HistogramSeries, Labels } from '../metrics/snapshot.ts';

/** One value of one series at one time. */
export interface Sample {
  /** Every label, `__name__` among them, in the order of their names; none empty. */
  readonly labels: readonly (readonly [name: string, value: string])[];
  readonly value: number;
  /** Milliseconds since the Unix epoch. */
  readonly timestamp: number;
}

/**
 * A value that says its series has ended. As a JavaScript number it is a NaN like any other, which no metric
 * of ours is; `encode` writes it with the bits that Prometheus looks for.
 */
export const STALE = Number.NaN;

const METRIC_NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const LABEL_NAME = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

/**
 * Flattens families into the samples that remote write carries: a histogram becomes its cumulative buckets,
 * its sum and its count, the same series that a scrape makes of it.
 *
 * @param common labels that every series gets, such as job and instance; a series' own label wins
 * @throws Error for a name that Prometheus does not allow, which is a fault of the catalogue
 */
export function toSamples(
  families: readonly FamilySnapshot[],
  common: Labels,
  timestamp: number,
): Sample[] {
  const samples: Sample[] = [];
  const add = (name: string, labels: Labels, value: number) => {
    samples.push({ labels: sortLabels(name, { ...common, ...labels }), value, timestamp });
  };
  for (const family of families) {
    if (family.type !== 'histogram') {
      for (const { labels, value } of family.series) add(family.name, labels, value);
      continue;
    }
    for (const series of family.series) addHistogram(family.name, family.bounds, series, add);
  }
  return samples;
}

function addHistogram(
  name: string,
  bounds: readonly number[],
  { labels, counts, sum }: HistogramSeries,
  add: (name: string, labels: Labels, value: number) => void,
): void {
  let cumulative = 0;
  counts.forEach((count, i) => {
    cumulative += count;
    add(`${name}_bucket`, { ...labels, le: String(bounds[i] ?? '+Inf') }, cumulative);
  });
  add(`${name}_sum`, labels, sum);
  add(`${name}_count`, labels, cumulative);
}

function sortLabels(name: string, labels: Labels): Sample['labels'] {
  if (!METRIC_NAME.test(name)) throw new Error(`'${name}' is no metric name`);
  const pairs = Object.entries(labels).filter(([, value]) => value !== '');
  const wrong = pairs.find(([label]) => !LABEL_NAME.test(label));
  if (wrong) throw new Error(`'${wrong[0]}' is no label name`);
  return [['__name__', name] as const, ...pairs].sort(([a], [b]) => (a < b ? -1 : 1));
}

/** What tells one series from another. */
export function seriesKey({ labels }: Pick<Sample, 'labels'>): string {
  return JSON.stringify(labels);
}

/**
 * Remembers the series of the last snapshot, and gives a stale marker for each that is no longer there.
 */
export class SeriesTracker {
  private current = new Map<string, Sample['labels']>();

  /** @returns markers, at the snapshot's own time, for the series that it has no more */
  update(samples: readonly Sample[], timestamp: number): Sample[] {
    const next = new Map(samples.map((sample) => [seriesKey(sample), sample.labels]));
    const ended = [...this.current].filter(([key]) => !next.has(key));
    this.current = next;
    return ended.map(([, labels]) => ({ labels, value: STALE, timestamp }));
  }
}
