/** Bins of a column as a card's reference has them: bin i holds edges[i-1] < value <= edges[i], the last what is above. */
export interface QuantileBins {
  readonly edges: readonly number[];
  /** Of all rows, so that they and what is missing add up to 1. */
  readonly shares: readonly number[];
  readonly missing: number;
}

/**
 * Divides the values of a column by their quantiles, exactly as `bins` in model/train.py does.
 *
 * Edges are values that occur (the inverse of the distribution function, `inverted_cdf` of numpy), so they are exact in
 * the precision that the values are in. One that comes up twice is kept once; the largest value is none, since nothing
 * lies above it. Where all of them are the largest, the value below it is the only edge.
 *
 * @param values of all rows, NaN for those that miss it
 * @param bins how many at most, two or more
 * @returns undefined where no row has a value
 */
export function quantileBins(values: ArrayLike<number>, bins: number): QuantileBins | undefined {
  const sorted = Float64Array.from(values).sort();
  // NaN is sorted behind everything.
  const firstMissing = sorted.findIndex(Number.isNaN);
  const present = firstMissing === -1 ? sorted : sorted.subarray(0, firstMissing);
  const largest = present.at(-1);
  if (largest === undefined) return undefined;
  const edges = findEdges(present, bins, largest);
  // Rows up to and including each edge, and then all.
  const upTo = [...edges.map((edge) => countUpTo(present, edge)), present.length];
  const shares = upTo.map((count, i) => (count - (upTo[i - 1] ?? 0)) / values.length);
  return { edges, shares, missing: (values.length - present.length) / values.length };
}

function findEdges(sorted: Float64Array, bins: number, largest: number): number[] {
  const step = 1 / bins;
  const edges = new Set<number>();
  for (let i = 0; i < bins - 1; i++) {
    // Rounded as numpy rounds it, so that a column of a round number of rows has the edges that it has there.
    const place = Math.ceil(sorted.length * (step + i * step) - 1);
    const edge = sorted[Math.max(0, place)] ?? largest;
    if (edge < largest) edges.add(edge);
  }
  if (edges.size > 0) return [...edges];
  return [sorted.findLast((value) => value < largest) ?? largest];
}

/** How many of sorted values are at most so large. */
function countUpTo(sorted: Float64Array, edge: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] as number) <= edge) low = middle + 1;
    else high = middle;
  }
  return low;
}
