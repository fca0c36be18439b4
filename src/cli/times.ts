import { type Bucket, LogBuckets } from './log-buckets.ts';

/** What a set of times says, in the unit it came in. */
export interface TimeSummary {
  readonly mean: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly max: number;
}

/** Percentiles are values that occurred (nearest rank). */
export function summarise(times: readonly number[]): TimeSummary | undefined {
  if (times.length === 0) return undefined;
  const sorted = times.toSorted((a, b) => a - b);
  const mean = times.reduce((sum, time) => sum + time, 0) / times.length;
  return { mean, ...percentiles(times.length, (rank) => sorted[rank - 1] as number) };
}

/** Rows of a histogram, at most. */
const MOST_ROWS = 12;
/** So many times are kept as they are. */
const MOST_KEPT = 100_000;

/**
 * Times in milliseconds, as many as come, in memory that does not grow with them: the first 100,000 are kept, all are
 * counted in buckets.
 */
export class Times {
  readonly kept: number[] = [];
  count = 0;
  private sum = 0;
  private max = 0;
  private readonly buckets = new LogBuckets();

  record(milliseconds: number): void {
    this.count++;
    this.sum += milliseconds;
    this.max = Math.max(this.max, milliseconds);
    this.buckets.record(milliseconds);
    if (this.kept.length < MOST_KEPT) this.kept.push(milliseconds);
  }

  /** Percentiles are values that occurred while all are kept; of more they are at most 0.58 % above them. */
  summary(): TimeSummary | undefined {
    if (this.count === this.kept.length) return summarise(this.kept);
    const { count, sum, max, buckets } = this;
    const at = (rank: number) => Math.min(max, buckets.endOfRank(rank));
    return { mean: sum / count, ...percentiles(count, at), max };
  }

  /** How they are spread: of few times in few rows, most of which would be empty else. */
  histogram(): Bucket[] {
    return this.buckets.rows(Math.min(MOST_ROWS, Math.ceil(2 * Math.sqrt(this.count))));
  }
}

function percentiles(count: number, at: (rank: number) => number): Omit<TimeSummary, 'mean'> {
  const of = (share: number) => at(Math.ceil(share * count));
  return { p50: of(0.5), p90: of(0.9), p99: of(0.99), max: of(1) };
}
