import { monitorEventLoopDelay } from 'node:perf_hooks';

const RESOLUTION_MS = 5;

/** By how much this process itself was late: what it measures of others is late by as much, now and then. */
export class OwnDelay {
  private readonly histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });

  constructor() {
    this.histogram.enable();
  }

  /** Milliseconds since the last time; the interval of the timer itself is not in it. */
  read(): { p50: number; p99: number; max: number } {
    const { histogram } = this;
    const late = (nanos: number) => Math.max(0, nanos / 1e6 - RESOLUTION_MS);
    const [p50 = 0, p99 = 0] = [50, 99].map((share) => late(histogram.percentile(share)));
    const max = late(histogram.max);
    histogram.reset();
    return { p50, p99, max };
  }

  stop(): void {
    this.histogram.disable();
  }
}
