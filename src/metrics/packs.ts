import { createCatalog } from './catalog.ts';
import type { Family } from './family.ts';
import type { Labels } from './snapshot.ts';
import type { TotalSeries } from './totals.ts';

/** Series that are kept in one row: they differ in the labels that their family names for it, and in no other. */
export interface Pack {
  readonly name: string;
  /** The labels that they have in common. */
  readonly labels: Labels;
  /** By the values of the labels in which they differ. */
  readonly series: Map<string, TotalSeries>;
}

/**
 * Which series of the totals are kept together. Fifty rows that a model was asked for change a counter in each of some
 * hundred bins; as many rows of storage would cost a hub nine tenths of the deltas that it takes.
 */
export class Packs {
  private readonly differing: ReadonlyMap<string, readonly string[]>;
  private readonly packs = new Map<string, Pack>();
  /** The pack of each series that is in one: finding it takes longer than everything else that is done with it. */
  private readonly packOf = new WeakMap<TotalSeries, Pack>();

  constructor() {
    const families = Object.values<Family>(createCatalog());
    this.differing = new Map(families.map(({ name, keptTogether }) => [name, keptTogether]));
  }

  /** The pack of a series, which is in it from then on; undefined for one that has a row of its own. */
  add(series: TotalSeries): Pack | undefined {
    const known = this.packOf.get(series);
    if (known) return known;
    const found = this.find(series);
    if (!found) return undefined;
    found.pack.series.set(found.key, series);
    this.packOf.set(series, found.pack);
    return found.pack;
  }

  /** The pack that a series was in, and is not any more. */
  remove(series: TotalSeries): Pack | undefined {
    const found = this.find(series);
    found?.pack.series.delete(found.key);
    this.packOf.delete(series);
    return found?.pack;
  }

  private find({ name, labels }: TotalSeries): { pack: Pack; key: string } | undefined {
    const differing = this.differing.get(name) ?? [];
    if (differing.length === 0) return undefined;
    const common = Object.entries(labels).filter(([label]) => !differing.includes(label));
    const packKey = JSON.stringify([name, common]);
    const pack = this.packs.get(packKey) ?? {
      name,
      labels: Object.fromEntries(common),
      series: new Map<string, TotalSeries>(),
    };
    this.packs.set(packKey, pack);
    return { pack, key: JSON.stringify(differing.map((label) => labels[label])) };
  }
}

/** What is stored of a pack: the labels in which its series differ, and of each series their values and its own. */
interface StoredPack {
  readonly differing: readonly string[];
  readonly series: readonly (readonly [labels: readonly string[], value: number, seen: number])[];
}

/** The text of a pack's series, for `unpack`. */
export function packSeries({ labels: common, series }: Pack): string {
  const all = [...series.values()];
  const differing = Object.keys(all[0]?.labels ?? {}).filter((label) => !(label in common));
  const stored: StoredPack = {
    differing,
    series: all.map(({ labels, value, seen }) => {
      return [differing.map((label) => labels[label] ?? ''), value, seen];
    }),
  };
  return JSON.stringify(stored);
}

/** The series of a pack that was stored. */
export function* unpackSeries(name: string, common: Labels, text: string): Generator<TotalSeries> {
  const { differing, series }: StoredPack = JSON.parse(text);
  for (const [values, value, seen] of series) {
    const own = Object.fromEntries(differing.map((label, i) => [label, values[i] ?? '']));
    yield { name, labels: { ...common, ...own }, value, counts: [], sum: 0, seen, exemplars: [] };
  }
}
