import type { Pusher } from './pusher.ts';
import type { DeliveryQueue } from './queue.ts';

/** Waits, and gives up waiting (by throwing) when the signal is aborted. */
export type Sleep = (ms: number, signal: AbortSignal) => Promise<void>;

/** Pushes every interval for as long as a process lives, and once more when it ends. */
export class PushLoop {
  private readonly pusher: Pusher;
  private readonly queue: DeliveryQueue;
  private readonly intervalMs: number;
  private readonly sleep: Sleep;
  private readonly now: () => number;
  private readonly onFault: (error: unknown) => void;
  private readonly stopping = new AbortController();
  private captures: Promise<void> | undefined;
  private deliveries: Promise<void> | undefined;

  /**
   * @param options.now milliseconds, of any origin
   * @param options.onFault hears of a snapshot that failed; the next one is taken all the same
   */
  constructor(options: {
    pusher: Pusher;
    queue: DeliveryQueue;
    intervalMs: number;
    sleep: Sleep;
    now: () => number;
    onFault: (error: unknown) => void;
  }) {
    this.pusher = options.pusher;
    this.queue = options.queue;
    this.intervalMs = options.intervalMs;
    this.sleep = options.sleep;
    this.now = options.now;
    this.onFault = options.onFault;
  }

  start(): void {
    this.captures ??= this.captureEveryInterval();
  }

  /**
   * Captures the last values and the end of every series, and delivers what waits.
   *
   * @param graceMs how long that may take; what is not delivered by then is lost
   */
  async stop(graceMs: number): Promise<void> {
    this.stopping.abort();
    await this.captures;
    await this.pusher.captureEnd().catch(this.onFault);
    this.queue.retryNow();
    const grace = new AbortController();
    const deadline = this.sleep(graceMs, grace.signal).catch(() => {});
    await Promise.race([this.deliverAll(grace.signal), deadline]);
    grace.abort();
    this.queue.close();
  }

  private async captureEveryInterval(): Promise<void> {
    const { signal } = this.stopping;
    let next = this.now() + this.intervalMs;
    for (;;) {
      await this.sleep(Math.max(next - this.now(), 0), signal).catch(() => {});
      if (signal.aborted) return;
      await this.pusher.capture().catch(this.onFault);
      // Delivery takes its own time: an outage must not keep the next snapshot from being taken.
      this.deliveries ??= this.deliverAll(signal).finally(() => {
        this.deliveries = undefined;
      });
      // In step, unless the process stood still for longer than an interval.
      const now = this.now();
      next = next + this.intervalMs > now ? next + this.intervalMs : now + this.intervalMs;
    }
  }

  private async deliverAll(signal: AbortSignal): Promise<void> {
    try {
      for (
        let wait = await this.pusher.deliver();
        wait !== undefined;
        wait = await this.pusher.deliver()
      ) {
        await this.sleep(wait, signal).catch(() => {});
        if (signal.aborted) return;
      }
    } catch (error) {
      this.onFault(error);
    }
  }
}
