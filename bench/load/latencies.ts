import { createHistogram } from 'node:perf_hooks';

/** A summary in milliseconds; zeros where nothing was recorded. */
export interface LatencySummary {
  readonly count: number;
  readonly mean: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** Times of requests, as many as come, in the same small memory. */
export class Latencies {
  private readonly micros = createHistogram();

  record(milliseconds: number): void {
    this.micros.record(Math.max(1, Math.round(milliseconds * 1000)));
  }

  add(other: Latencies): void {
    this.micros.add(other.micros);
  }

  summary(): LatencySummary {
    const { micros } = this;
    const [p50, p99] = [50, 99].map((share) => micros.percentile(share) / 1000);
    const { count, mean, max } = micros;
    return {
      count,
      mean: count > 0 ? mean / 1000 : 0,
      p50: p50 ?? 0,
      p99: p99 ?? 0,
      max: max / 1000,
    };
  }
}
