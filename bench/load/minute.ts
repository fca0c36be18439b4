import { Latencies, type LatencySummary } from './latencies.ts';
import { OtherWork } from './other-work.ts';
import type { ServerSample } from './server-sample.ts';

/** What a minute of a soak was like, or a part of one after which it was interrupted. */
export interface Minute {
  readonly seconds: number;
  /** Answers as they were expected. */
  readonly perSecond: number;
  /** Milliseconds, from the time of the schedule. */
  readonly latency: LatencySummary;
  /** Requests by kind and outcome, where that was not the expected one. */
  readonly unexpected: Readonly<Record<string, number>>;
  /** Of the server, at the end of the minute. */
  readonly server: ServerSample;
  /** Processors that the server used. */
  readonly serverCpus: number;
  /** Those that neither the server nor this process used. */
  readonly otherCpus: number;
  /** The longest delay of the server's event loop. */
  readonly loopLagMaxMs: number;
  /** This process: how late it sent, in milliseconds, and its own memory. */
  readonly client: { readonly late: LatencySummary; readonly rssMiB: number };
}

/** A minute while it lasts. */
export class Gathering {
  readonly latencies = new Latencies();
  readonly lateness = new Latencies();
  readonly unexpected: Record<string, number> = {};
  private readonly start = performance.now();
  private readonly before: ServerSample | undefined;
  private readonly others: OtherWork;
  private loopLagMaxMs = 0;

  /** @param before of the server, at the beginning of the minute */
  constructor(before: ServerSample | undefined) {
    this.before = before;
    this.others = new OtherWork(before?.cpuSeconds ?? 0);
  }

  seconds(): number {
    return (performance.now() - this.start) / 1000;
  }

  /** Takes what the server has said of itself meanwhile. */
  note({ loopLagMaxMs }: ServerSample): void {
    this.loopLagMaxMs = Math.max(this.loopLagMaxMs, loopLagMaxMs);
  }

  /** @param server as it is at the end */
  end(server: ServerSample): Minute {
    const seconds = this.seconds();
    const latency = this.latencies.summary();
    return {
      seconds,
      perSecond: latency.count / seconds,
      latency,
      unexpected: this.unexpected,
      server,
      serverCpus: (server.cpuSeconds - (this.before?.cpuSeconds ?? 0)) / seconds,
      otherCpus: this.others.read(server.cpuSeconds),
      loopLagMaxMs: this.loopLagMaxMs,
      client: { late: this.lateness.summary(), rssMiB: process.memoryUsage.rss() / 2 ** 20 },
    };
  }
}
