import type { FamilySnapshot, Labels } from '../metrics/snapshot.ts';
import { encodeBatches } from './encode.ts';
import type { DeliveryQueue } from './queue.ts';
import { SeriesTracker, toSamples } from './series.ts';

/** Samples in one request at most: Prometheus' own default, for which receivers are built. */
export const MAX_SAMPLES_PER_REQUEST = 2000;

/** Takes snapshots of a process's metrics and puts them into the queue, each at its own time. */
export class Pusher {
  private readonly snapshot: () => Promise<readonly FamilySnapshot[]>;
  private readonly common: () => Labels;
  private readonly queue: DeliveryQueue;
  private readonly wallTime: () => number;
  private readonly tracker = new SeriesTracker();
  private lastTimestamp = 0;

  /**
   * @param options.common labels of every series: job and instance
   * @param options.wallTime milliseconds since the Unix epoch
   */
  constructor(options: {
    snapshot: () => Promise<readonly FamilySnapshot[]>;
    common: () => Labels;
    queue: DeliveryQueue;
    wallTime: () => number;
  }) {
    this.snapshot = options.snapshot;
    this.common = options.common;
    this.queue = options.queue;
    this.wallTime = options.wallTime;
  }

  /** Names series that exist from an earlier life, so that their end is noticed. */
  remember(families: readonly FamilySnapshot[]): void {
    this.tracker.update(toSamples(families, this.common(), 0), 0);
  }

  /** Queues what the metrics are now, and a stale marker for every series that has ended since. */
  async capture(): Promise<void> {
    await this.enqueue(await this.snapshot());
  }

  /** Queues the last values and then the end of every series: the process goes away. */
  async captureEnd(): Promise<void> {
    await this.capture();
    await this.enqueue([]);
  }

  /** @returns milliseconds to wait before the next call, or undefined when nothing waits */
  deliver(): Promise<number | undefined> {
    return this.queue.deliver();
  }

  private async enqueue(families: readonly FamilySnapshot[]): Promise<void> {
    // A series takes each time once, and a clock may be set back.
    const timestamp = Math.max(Math.floor(this.wallTime()), this.lastTimestamp + 1);
    this.lastTimestamp = timestamp;
    const samples = toSamples(families, this.common(), timestamp);
    const ended = this.tracker.update(samples, timestamp);
    this.queue.add(await encodeBatches([...samples, ...ended], MAX_SAMPLES_PER_REQUEST));
  }
}
