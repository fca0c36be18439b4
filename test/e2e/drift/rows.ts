import { readFileSync } from 'node:fs';
import * as z from 'zod';

const bins = z.object({ edges: z.array(z.number()), shares: z.array(z.number()) });
const card = z.object({
  features: z.array(z.object({ name: z.string(), range: z.tuple([z.number(), z.number()]) })),
  reference: z.object({ features: z.record(z.string(), bins) }),
});

/** The features of a shipped model, as its card describes them. */
export type Features = readonly {
  readonly name: string;
  readonly range: readonly [lowest: number, highest: number];
  readonly edges: readonly number[];
  readonly shares: readonly number[];
}[];

export function readFeatures(path: string): Features {
  const { features, reference } = card.parse(JSON.parse(readFileSync(path, 'utf8')));
  return features.map((feature) => {
    const own = reference.features[feature.name];
    if (!own) throw new Error(`there is no reference of '${feature.name}' in ${path}`);
    return { ...feature, ...own };
  });
}

/** Numbers from 0 up to but not including 1, the same ones for a seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * Rows whose values are spread as those of the model's real training data are: as many of them between two deciles, and
 * evenly in between. A share of one feature is missing.
 */
export function drawRows(
  features: Features,
  count: number,
  random: () => number,
  { feature: absent, share }: { feature: string; share: number },
): number[][] {
  return Array.from({ length: count }, () =>
    features.map((feature) => {
      const value = drawValue(feature, random());
      return feature.name === absent && random() < share ? Number.NaN : value;
    }),
  );
}

/** @param part of the rows that have at most the value, from 0 to 1 */
function drawValue({ range: [lowest, highest], edges, shares }: Features[number], part: number) {
  let below = 0;
  for (const [bin, share] of shares.entries()) {
    const isLast = bin === shares.length - 1;
    if (part < below + share || isLast) {
      const from = edges[bin - 1] ?? lowest;
      const to = isLast ? highest : (edges[bin] ?? highest);
      return from + (to - from) * Math.min(1, (part - below) / share);
    }
    below += share;
  }
  throw new Error('a feature has no bins');
}

/** The same rows with one feature higher, by a part of the range that it had in training. */
export function shiftRows(
  rows: readonly (readonly number[])[],
  features: Features,
  name: string,
  part: number,
): number[][] {
  const column = features.findIndex((feature) => feature.name === name);
  const [lowest, highest] = features[column]?.range ?? [0, 0];
  const shift = part * (highest - lowest);
  return rows.map((row) => row.map((value, i) => (i === column ? value + shift : value)));
}

/** Rows as CSV, as they would lie around from training; a missing value is an empty cell. */
export function toCsv(features: Features, rows: readonly (readonly number[])[]): string {
  const lines = rows.map((row) => row.map((value) => (Number.isNaN(value) ? '' : value)).join());
  return `${features.map(({ name }) => `"${name}"`).join()}\n${lines.join('\n')}\n`;
}
