import type { Batch } from './encode.ts';
import type { Send } from './send.ts';

/** Batches that wait to be delivered, oldest first: in memory, or in storage that outlives a restart. */
export interface PendingBatches {
  /** Samples in all of them. */
  readonly samples: number;
  push(batch: Batch): void;
  /** The oldest ones, at most `count`. */
  oldest(count: number): readonly StoredBatch[];
  remove(id: number): void;
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
  private failures = 0;
  private notBefore = Number.NEGATIVE_INFINITY;
  private inFlight: number | undefined;
  private delivery: Promise<number | undefined> | undefined;

  /**
   * @param options.maxSamples the bound on what waits
   * @param options.now milliseconds, of any origin
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
    this.delivery ??= this.drain().finally(() => {
      this.delivery = undefined;
    });
    return this.delivery;
  }

  /** Lets the next delivery try at once, whatever wait was asked for. */
  retryNow(): void {
    this.notBefore = Number.NEGATIVE_INFINITY;
  }

  private async drain(): Promise<number | undefined> {
    const early = this.notBefore - this.now();
    const [first] = this.batches.oldest(1);
    if (!first) return undefined;
    if (early > 0) return early;
    for (let batch: StoredBatch | undefined = first; batch; [batch] = this.batches.oldest(1)) {
      const wait = await this.attempt(batch);
      if (wait !== undefined) return wait;
    }
    return undefined;
  }

  /** @returns milliseconds to wait when the batch has to be tried again */
  private async attempt({ id, body, samples }: StoredBatch): Promise<number | undefined> {
    this.inFlight = id;
    const result = await this.send(body);
    this.inFlight = undefined;
    if (result.outcome === 'retry') {
      this.observer.attempted('retried');
      this.observer.troubled('retried', result.reason);
      const wait = Math.max(result.afterMs ?? 0, this.backoff());
      this.notBefore = this.now() + wait;
      return wait;
    }
    this.failures = 0;
    this.batches.remove(id);
    this.observer.attempted(result.outcome);
    this.observer.left(samples, result.outcome);
    this.observer.pending(this.batches.samples);
    if (result.outcome === 'rejected') this.observer.troubled('rejected', result.reason);
    return undefined;
  }

  /** Half of the doubling delay for certain, the other half by chance: 1 to 2 s at first, 30 to 60 s at last. */
  private backoff(): number {
    this.failures++;
    const delay = Math.min(MAX_BACKOFF_MS, 1000 * 2 ** this.failures);
    return delay / 2 + (delay / 2) * this.random();
  }
}

/** Batches kept in memory. */
export class MemoryBatches implements PendingBatches {
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
