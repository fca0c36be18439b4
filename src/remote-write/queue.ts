import type { Batch } from './encode.ts';
import type { Send, SendResult } from './send.ts';

/** Batches that wait to be delivered, oldest first: in memory, or in storage that outlives a restart. */
export interface PendingBatches {
  /** Samples in all of them. */
  readonly samples: number;
  push(batch: Batch): void;
  /** The oldest ones, at most `count`. */
  oldest(count: number): readonly StoredBatch[];
  remove(id: number): void;
  /** How long the receiver is to be left alone; kept with the batches, since it concerns them. */
  backoff: Backoff;
}

export interface Backoff {
  /** Attempts that have failed since the last that did not. */
  readonly failures: number;
  /** No attempt before this, in milliseconds since the Unix epoch. */
  readonly notBefore: number;
}

export interface StoredBatch extends Batch {
  readonly id: number;
}

/** Hears what becomes of samples and attempts. */
export interface DeliveryObserver {
  attempted(outcome: 'sent' | 'retried' | 'rejected'): void;
  left(samples: number, outcome: 'sent' | 'rejected' | 'dropped'): void;
  pending(samples: number): void;
  /** @param reason what the receiver or the network said; never a credential */
  troubled(outcome: 'retried' | 'rejected' | 'dropped', reason: string): void;
}

/** The backoff doubles from about a second to a minute. */
const MAX_BACKOFF_MS = 60_000;
/** No wait is longer, though a clock may have been set back since it was decided on. */
const MAX_WAIT_MS = 3_600_000;

/**
 * Delivers batches in order, one request at a time. What cannot be delivered now is kept, up to a bound in
 * samples; beyond it the oldest goes.
 */
export class DeliveryQueue {
  private readonly batches: PendingBatches;
  private readonly send: Send;
  private readonly maxSamples: number;
  private readonly observer: DeliveryObserver;
  private readonly now: () => number;
  private readonly random: () => number;
  private readonly closed = new AbortController();
  private inFlight: number | undefined;
  private delivery:
    | { readonly result: Promise<number | undefined>; readonly since: number }
    | undefined;

  /**
   * @param options.maxSamples the bound on what waits
   * @param options.now milliseconds since the Unix epoch
   * @param options.random from 0 to 1, for jitter
   */
  constructor(options: {
    batches: PendingBatches;
    send: Send;
    maxSamples: number;
    observer: DeliveryObserver;
    now: () => number;
    random: () => number;
  }) {
    this.batches = options.batches;
    this.send = options.send;
    this.maxSamples = options.maxSamples;
    this.observer = options.observer;
    this.now = options.now;
    this.random = options.random;
    this.observer.pending(this.batches.samples);
  }

  /** Takes batches in; the oldest make room, except for one that is being sent. */
  add(batches: readonly Batch[]): void {
    for (const batch of batches) this.batches.push(batch);
    while (this.batches.samples > this.maxSamples) {
      const victim = this.batches.oldest(2).find(({ id }) => id !== this.inFlight);
      if (!victim) break;
      this.batches.remove(victim.id);
      this.observer.left(victim.samples, 'dropped');
      this.observer.troubled('dropped', `more than ${this.maxSamples} samples were waiting`);
    }
    this.observer.pending(this.batches.samples);
  }

  /**
   * Sends what waits, until nothing does or the receiver has to be left alone for a while. A call during
   * another one joins it.
   *
   * @returns milliseconds to wait before the next call, or undefined when nothing waits
   */
  deliver(): Promise<number | undefined> {
    return (this.delivery ?? this.start()).result;
  }

  /**
   * The same where a call must not wait for another's (requests of a Worker): it leaves it to that one, unless
   * that is so old that it must have been cancelled.
   *
   * @returns whether nothing waits any more
   */
  async deliverAlone(abandonedMs: number): Promise<boolean> {
    if (this.delivery && this.now() - this.delivery.since < abandonedMs) return false;
    return (await this.start().result) === undefined;
  }

  /** Lets the next delivery try at once, whatever wait was asked for. */
  retryNow(): void {
    this.batches.backoff = { ...this.batches.backoff, notBefore: 0 };
  }

  /** Ends the attempt that is under way, and every later one before it begins. */
  close(): void {
    this.closed.abort();
  }

  private start() {
    const result = this.drain(() => this.delivery === delivery && !this.closed.signal.aborted);
    const delivery = {
      since: this.now(),
      result: result.finally(() => {
        if (this.delivery === delivery) this.delivery = undefined;
      }),
    };
    this.delivery = delivery;
    return delivery;
  }

  /** @param isCurrent false once another delivery has taken over, or the queue is closed */
  private async drain(isCurrent: () => boolean): Promise<number | undefined> {
    // Begun once `start` has made this the delivery that is under way.
    await Promise.resolve();
    const early = Math.min(this.batches.backoff.notBefore - this.now(), MAX_WAIT_MS);
    if (early > 0 && this.batches.oldest(1).length > 0) return early;
    while (isCurrent()) {
      const [batch] = this.batches.oldest(1);
      if (!batch) return undefined;
      this.inFlight = batch.id;
      const result = await this.send(batch.body, this.closed.signal);
      if (!isCurrent()) return undefined;
      this.inFlight = undefined;
      const wait = this.settle(batch, result);
      if (wait !== undefined) return wait;
    }
    return undefined;
  }

  /** @returns milliseconds to wait when the batch has to be tried again */
  private settle({ id, samples }: StoredBatch, result: SendResult): number | undefined {
    if (result.outcome === 'retry') {
      const failures = this.batches.backoff.failures + 1;
      const wait = Math.max(result.afterMs ?? 0, this.waitAfter(failures));
      this.batches.backoff = { failures, notBefore: this.now() + wait };
      this.observer.attempted('retried');
      this.observer.troubled('retried', result.reason);
      return wait;
    }
    this.batches.backoff = { failures: 0, notBefore: 0 };
    this.batches.remove(id);
    this.observer.attempted(result.outcome);
    this.observer.left(samples, result.outcome);
    this.observer.pending(this.batches.samples);
    if (result.outcome === 'rejected') this.observer.troubled('rejected', result.reason);
    return undefined;
  }

  /** Half of the doubling delay for certain, the other half by chance: 1 to 2 s at first, 30 to 60 s at last. */
  private waitAfter(failures: number): number {
    const delay = Math.min(MAX_BACKOFF_MS, 1000 * 2 ** failures);
    return delay / 2 + (delay / 2) * this.random();
  }
}

/** Batches kept in memory. */
export class MemoryBatches implements PendingBatches {
  backoff: Backoff = { failures: 0, notBefore: 0 };
  private readonly queue: StoredBatch[] = [];
  private nextId = 1;
  private total = 0;

  get samples(): number {
    return this.total;
  }

  push(batch: Batch): void {
    this.queue.push({ ...batch, id: this.nextId++ });
    this.total += batch.samples;
  }

  oldest(count: number): readonly StoredBatch[] {
    return this.queue.slice(0, count);
  }

  remove(id: number): void {
    const at = this.queue.findIndex((batch) => batch.id === id);
    const [removed] = at === -1 ? [] : this.queue.splice(at, 1);
    this.total -= removed?.samples ?? 0;
  }
}
