import { Latencies, type LatencySummary } from './latencies.ts';
import type { Shot } from './open-loop.ts';

/** Latencies of one outcome. */
class Times {
  /** From the time of the schedule, as a client would have it that wanted its answer then. */
  readonly scheduled = new Latencies();
  /** From the time of sending: without what this process was late. */
  readonly sent = new Latencies();
}

/** What became of requests, by how they ended. */
export class Outcomes {
  private readonly times = new Map<string, Times>();
  /** By how much requests left later than the schedule wanted. */
  private readonly late = new Latencies();

  record({ outcome, intended, sent, ended }: Shot): void {
    const times = this.times.get(outcome) ?? new Times();
    this.times.set(outcome, times);
    times.scheduled.record(ended - intended);
    times.sent.record(ended - sent);
    this.late.record(sent - intended);
  }

  /** Requests by outcome. */
  counts(): Record<string, number> {
    return Object.fromEntries(
      [...this.times].map(([outcome, { sent }]) => [outcome, sent.summary().count]),
    );
  }

  of(outcome: string): { scheduled: LatencySummary; sent: LatencySummary } {
    const { scheduled, sent } = this.times.get(outcome) ?? new Times();
    return { scheduled: scheduled.summary(), sent: sent.summary() };
  }

  lateness(): LatencySummary {
    return this.late.summary();
  }
}
