/** The median of some measurements, with their range. */
export function spread(values: readonly number[], digits = 0): string {
  const sorted = values.toSorted((a, b) => a - b);
  const [low, median, high] = [0, sorted.length >> 1, sorted.length - 1].map((i) =>
    (sorted[i] ?? Number.NaN).toFixed(digits),
  );
  return `${median} (${low} to ${high})`;
}

/** The median of some measurements. */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}
