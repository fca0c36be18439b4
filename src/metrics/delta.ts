import type { Family, FamilySnapshot } from './family.ts';

/** What one isolate has counted since its last delta. */
export interface Delta {
  /** The isolate that counted it, by a name that no other has. */
  readonly isolate: string;
  /** 1 for an isolate's first delta, and one more for each. */
  readonly sequence: number;
  readonly families: readonly FamilySnapshot[];
}

/**
 * How long a delta is sent again whose answer has not come, in milliseconds. It ends before a hub forgets
 * which deltas it has (`MARK_LIFETIME_MS`), so that none can be taken for new.
 */
const RESEND_MS = 6 * 86_400_000;
/** After this long without an answer a flush is given up for dead: its request may have been cancelled. */
const ABANDONED_MS = 30_000;

/**
 * The isolate's side of exactly-once: what is taken out of the counters stays here until the hub has said
 * that it has it, and is sent again under the same number until then.
 */
export class DeltaOutbox {
  private readonly families: readonly Family[];
  private readonly apply: (delta: Delta) => Promise<unknown>;
  private readonly now: () => number;
  private readonly isolate: string;
  private sequence = 0;
  private waiting: { readonly delta: Delta; readonly since: number } | undefined;
  private flushingSince: number | undefined;

  /**
   * @param options.apply hands a delta to the hub, and is done when the hub has it
   * @param options.now milliseconds since the Unix epoch
   */
  constructor(options: {
    families: readonly Family[];
    isolate: string;
    apply: (delta: Delta) => Promise<unknown>;
    now: () => number;
  }) {
    this.families = options.families.filter((family) => !family.perProcess);
    this.isolate = options.isolate;
    this.apply = options.apply;
    this.now = options.now;
  }

  /**
   * Hands over what waits for its answer, and then what has been counted since. While another flush is under
   * way this one leaves it to that, without waiting: in a Worker a request must not wait for another.
   *
   * @throws whatever `apply` throws; nothing is lost by it
   */
  async flush(): Promise<void> {
    const now = this.now();
    if (this.flushingSince !== undefined && now - this.flushingSince < ABANDONED_MS) return;
    this.flushingSince = now;
    try {
      if (this.waiting) await this.deliver(this.waiting.delta, this.waiting.since);
      const families = this.families.map((family) => family.take());
      const delta = {
        isolate: this.isolate,
        sequence: ++this.sequence,
        families: families.filter(({ series }) => series.length > 0),
      };
      this.waiting = { delta, since: now };
      await this.deliver(delta, now);
    } finally {
      this.flushingSince = undefined;
    }
  }

  private async deliver(delta: Delta, since: number): Promise<void> {
    if (this.now() - since < RESEND_MS) await this.apply(delta);
    // Another flush may have come in between when this one had been given up for dead.
    if (this.waiting?.delta === delta) this.waiting = undefined;
  }
}

/**
 * Runs a piece of work some time after it was first asked for: many requests ask, one of them waits. It is
 * called within `waitUntil`, so the one that waits delays nobody.
 */
export class Deferred {
  private readonly delayMs: number;
  private readonly wait: (ms: number) => Promise<unknown>;
  private readonly now: () => number;
  private readonly work: () => Promise<unknown>;
  private readonly onFault: (error: unknown) => void;
  private since: number | undefined;

  constructor(options: {
    delayMs: number;
    wait: (ms: number) => Promise<unknown>;
    now: () => number;
    work: () => Promise<unknown>;
    onFault: (error: unknown) => void;
  }) {
    this.delayMs = options.delayMs;
    this.wait = options.wait;
    this.now = options.now;
    this.work = options.work;
    this.onFault = options.onFault;
  }

  /** Sees to it that the work is done within the delay; tries again, for a while, when it fails. */
  async request(): Promise<void> {
    const now = this.now();
    const abandoned = this.delayMs + ABANDONED_MS;
    if (this.since !== undefined && now - this.since < abandoned) return;
    this.since = now;
    await this.wait(this.delayMs);
    // From here on counts what this run may miss: the next request has to ask again.
    this.since = undefined;
    for (const pause of RETRY_PAUSES_MS) {
      try {
        await this.work();
        return;
      } catch (error) {
        this.onFault(error);
      }
      await this.wait(pause);
    }
  }
}

/** Few enough to end within the 30 s that a Worker may go on after its answer. */
const RETRY_PAUSES_MS = [500, 1000] as const;
