import type { LiveTotals } from './live-totals.ts';

/** How a server does, over the time between two looks at it; what nothing happened to measure is undefined. */
export interface LiveFigures {
  readonly predictionsPerSecond: number;
  readonly errorsPerSecond: number;
  /** Seconds that half of the runs took at most, and those that 99 of 100 did. */
  readonly p50: number | undefined;
  readonly p99: number | undefined;
  readonly rowsPerRun: number | undefined;
  /** Seconds since the Unix epoch. */
  readonly lastRemoteWrite: number | undefined;
}

/** @param seconds from the earlier look to the later one */
export function compare(earlier: LiveTotals, later: LiveTotals, seconds: number): LiveFigures {
  const grown = (of: (totals: LiveTotals) => number) => growth(of(earlier), of(later));
  const runs = grown((totals) => totals.runs);
  const runTimes = [...later.runTimes]
    .map(([bound, count]) => [bound, growth(earlier.runTimes.get(bound) ?? 0, count)] as const)
    .sort(([a], [b]) => a - b);
  return {
    predictionsPerSecond: grown((totals) => totals.predictions) / seconds,
    errorsPerSecond: grown((totals) => totals.errors) / seconds,
    p50: quantile(0.5, runTimes),
    p99: quantile(0.99, runTimes),
    rowsPerRun: runs > 0 ? grown((totals) => totals.rows) / runs : undefined,
    lastRemoteWrite: later.lastRemoteWrite || undefined,
  };
}

/** A counter that has fallen has begun again from 0, as Prometheus takes it. */
function growth(earlier: number, later: number): number {
  return later < earlier ? later : later - earlier;
}

/**
 * Estimates a quantile as Prometheus' histogram_quantile does: evenly within a bucket, and the highest finite bound for
 * what lies above it (https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile).
 *
 * @param buckets upper bounds, rising, each with how many lie at or below it
 */
export function quantile(
  share: number,
  buckets: readonly (readonly [number, number])[],
): number | undefined {
  const total = buckets.at(-1)?.[1] ?? 0;
  if (total === 0) return undefined;
  const rank = share * total;
  const index = buckets.findIndex(([, count]) => count >= rank);
  const [bound = 0, count = 0] = buckets[index] ?? [];
  const [lower, below] = buckets[index - 1] ?? [0, 0];
  if (bound === Infinity) return lower;
  return lower + ((bound - lower) * (rank - below)) / (count - below);
}
