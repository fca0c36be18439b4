import type { Pusher } from './pusher.ts';

/** Waits, and gives up waiting (by throwing) when the signal is aborted. */
export type Sleep = (ms: number, signal: AbortSignal) => Promise<void>;

/** Pushes every interval for as long as a process lives, and once more when it ends. */
export class PushLoop {
  private readonly pusher: Pusher;
  private readonly intervalMs: number;
  private readonly sleep: Sleep;
  private readonly now: () => number;
  private readonly stopping = new AbortController();
  private captures: Promise<void> | undefined;
  private deliveries: Promise<void> | undefined;

  /** @param options.now milliseconds, of any origin */
  constructor(options: { pusher: Pusher; intervalMs: number; sleep: Sleep; now: () => number }) {
    this.pusher = options.pusher;
    this.intervalMs = options.intervalMs;
    this.sleep = options.sleep;
    this.now = options.now;
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
    await this.pusher.captureEnd();
    this.pusher.retryNow();
    const grace = new AbortController();
    const deadline = this.sleep(graceMs, grace.signal).catch(() => {});
    await Promise.race([this.deliverAll(grace.signal), deadline]);
    grace.abort();
  }

  private async captureEveryInterval(): Promise<void> {
    const { signal } = this.stopping;
    for (let next = this.now() + this.intervalMs; ; next += this.intervalMs) {
      await this.sleep(Math.max(next - this.now(), 0), signal).catch(() => {});
      if (signal.aborted) return;
      await this.pusher.capture();
      // Delivery takes its own time: an outage must not keep the next snapshot from being taken.
      this.deliveries ??= this.deliverAll(signal).finally(() => {
        this.deliveries = undefined;
      });
    }
  }

  private async deliverAll(signal: AbortSignal): Promise<void> {
    for (
      let wait = await this.pusher.deliver();
      wait !== undefined;
      wait = await this.pusher.deliver()
    ) {
      await this.sleep(wait, signal).catch(() => {});
      if (signal.aborted) return;
    }
  }
}
