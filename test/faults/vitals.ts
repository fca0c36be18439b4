import { setTimeout as sleep } from 'node:timers/promises';
import { scrapeMetrics } from './clients/other-questions.ts';
import type { Ledger } from './ledger.ts';
import { readMetrics, type SeriesValues, total } from './series.ts';
import { Wire } from './wire.ts';

/** What a process takes up, as its own metrics say. */
export interface Vital {
  /** Seconds since the load began. */
  readonly at: number;
  readonly rssMiB: number;
  readonly heapMiB: number;
  readonly externalMiB: number;
  readonly fds: number;
  readonly handles: number;
  /** By how much the event loop was late at most since the last scrape or push, in milliseconds. */
  readonly lagMs: number;
  readonly connections: number;
  readonly inFlight: number;
}

const MIB = 2 ** 20;
const INTERVAL_MS = 2000;
const OWN_COUNT = 'http_request_duration_seconds_count{method="GET",route="/metrics",status="200"}';

export function readVital(values: SeriesValues, at: number): Vital {
  return {
    at,
    rssMiB: total(values, 'process_resident_memory_bytes') / MIB,
    heapMiB: total(values, 'nodejs_heap_size_used_bytes') / MIB,
    externalMiB: total(values, 'nodejs_external_memory_bytes') / MIB,
    fds: total(values, 'process_open_fds'),
    handles: total(values, 'nodejs_active_handles'),
    lagMs: total(values, 'nodejs_eventloop_lag_max_seconds') * 1000,
    connections: total(values, 'http_connections'),
    inFlight: total(values, 'http_requests_in_flight'),
  };
}

/** Scrapes on a connection of its own, which it keeps: a crowd keeps nobody out who is in. */
export class Scraper {
  private readonly wire: Wire;
  private readonly ledger: Ledger;

  private constructor(wire: Wire, ledger: Ledger) {
    this.wire = wire;
    this.ledger = ledger;
  }

  static async open(port: number, ledger: Ledger): Promise<Scraper> {
    return new Scraper(await Wire.connect(port), ledger);
  }

  /** @throws Error when there is no answer, of which the ledger has the reason */
  async scrape(): Promise<SeriesValues> {
    const answer = await this.ledger.ask(this.wire, { ...scrapeMetrics, kind: 'vitals' });
    if (!answer) throw new Error('the metrics could not be scraped');
    return readMetrics(answer.body.toString());
  }

  /**
   * Scrapes until the server has nothing else to do, and no connection but this one.
   *
   * @returns the last of it, in which that scrape itself is counted: it could not see itself
   */
  async quiesce(patienceMs: number): Promise<SeriesValues> {
    const deadline = performance.now() + patienceMs;
    for (;;) {
      const values = await this.scrape();
      const { inFlight, connections } = readVital(values, 0);
      if ((inFlight === 1 && connections === 1) || performance.now() > deadline) {
        return values.set(OWN_COUNT, (values.get(OWN_COUNT) ?? 0) + 1);
      }
      await sleep(100);
    }
  }

  /** Takes a sample every so often, until it is over. */
  async watch(isOver: () => boolean): Promise<Vital[]> {
    const start = performance.now();
    const vitals: Vital[] = [];
    while (!isOver()) {
      vitals.push(readVital(await this.scrape(), (performance.now() - start) / 1000));
      await sleep(INTERVAL_MS);
    }
    return vitals;
  }

  close(): void {
    this.wire.close();
  }
}

/** The median of a figure over one of four equal parts of the time; parts count from 0. */
export function medianOfQuarter(
  vitals: readonly Vital[],
  quarter: number,
  figure: (vital: Vital) => number,
): number {
  const part = vitals
    .slice(
      Math.floor((vitals.length * quarter) / 4),
      Math.floor((vitals.length * (quarter + 1)) / 4),
    )
    .map(figure)
    .sort((a, b) => a - b);
  return part[part.length >> 1] ?? Number.NaN;
}
