import type { Family } from './family.ts';
import type { FamilySnapshot } from './snapshot.ts';

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
/** How often gauges are told again that have not changed: one that nobody tells ends where totals are kept. */
const GAUGE_REPEAT_MS = 600_000;
/** After this long work is given up for dead: the request that did it may have been cancelled. */
export const ABANDONED_MS = 30_000;

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
  /** When every gauge was last told. */
  private gaugesTold = Number.NEGATIVE_INFINITY;
  private waiting: { readonly delta: Delta; readonly since: number } | undefined;
  /** The flush that is under way; one that finds another in its place has been given up, and stops. */
  private current: { readonly since: number } | undefined;

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
   * Hands over what waits for its answer, and then what has been counted since, until there is no more.
   *
   * While another flush is under way this one leaves it to that, without waiting: in a Worker a request must
   * not wait for another.
   *
   * @returns whether everything has been handed over
   * @throws whatever `apply` throws; nothing is lost by it
   */
  async flush(): Promise<boolean> {
    const now = this.now();
    if (this.current && now - this.current.since < ABANDONED_MS) return false;
    const flush = { since: now };
    this.current = flush;
    try {
      while (this.current === flush) {
        this.waiting ??= this.take();
        if (!this.waiting) return true;
        const { delta, since } = this.waiting;
        if (this.now() - since < RESEND_MS) await this.apply(delta);
        // One that took over may have had this very delta answered for, and another one waiting by now.
        if (this.waiting?.delta === delta) this.waiting = undefined;
      }
      return false;
    } finally {
      if (this.current === flush) this.current = undefined;
    }
  }

  /** What has been counted, and now and then with it every gauge as it stands; undefined when nothing has changed. */
  private take(): { delta: Delta; since: number } | undefined {
    const taken = this.families.map((family) => ({ family, changes: family.take() }));
    if (taken.every(({ changes }) => changes.series.length === 0)) return undefined;
    const since = this.now();
    const isRepeatDue = since - this.gaugesTold >= GAUGE_REPEAT_MS;
    if (isRepeatDue) this.gaugesTold = since;
    const families = taken
      .map(({ family, changes }) =>
        isRepeatDue && changes.type === 'gauge' ? family.snapshot() : changes,
      )
      .filter(({ series }) => series.length > 0);
    this.sequence++;
    return { delta: { isolate: this.isolate, sequence: this.sequence, families }, since };
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
  private readonly work: () => Promise<boolean>;
  private readonly onFault: (error: unknown) => void;
  private since: number | undefined;

  /** @param options.work says whether it is done; it is tried again, for a while, when not or when it fails */
  constructor(options: {
    delayMs: number;
    wait: (ms: number) => Promise<unknown>;
    now: () => number;
    work: () => Promise<boolean>;
    onFault: (error: unknown) => void;
  }) {
    this.delayMs = options.delayMs;
    this.wait = options.wait;
    this.now = options.now;
    this.work = options.work;
    this.onFault = options.onFault;
  }

  /** Sees to it that the work is done within the delay. */
  async request(): Promise<void> {
    const now = this.now();
    const abandoned = this.delayMs + ABANDONED_MS;
    if (this.since !== undefined && now - this.since < abandoned) return;
    this.since = now;
    await this.wait(this.delayMs);
    // From here on counts what this run may miss: the next request has to ask again.
    this.since = undefined;
    if (await this.try()) return;
    for (const pause of RETRY_PAUSES_MS) {
      await this.wait(pause);
      if (await this.try()) return;
    }
  }

  private async try(): Promise<boolean> {
    try {
      return await this.work();
    } catch (error) {
      this.onFault(error);
      return false;
    }
  }
}

/** Short enough to end within the 30 s that a Worker may go on after its answer. */
const RETRY_PAUSES_MS = [500, 1000] as const;
