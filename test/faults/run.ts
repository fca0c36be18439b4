import { setTimeout as sleep } from 'node:timers/promises';
import { MAX_CONNECTIONS, MAX_QUEUE_ROWS } from './clients/crowds.ts';
import { LIMITS } from './clients/hostile-bodies.ts';
import { Counts } from './counts.ts';
import { FaultyReceiver } from './injected/faulty-receiver.ts';
import { ModelFiles } from './injected/model-files.ts';
import { Ledger } from './ledger.ts';
import { LogBook } from './log-book.ts';
import { runMix } from './mix.ts';
import { Random } from './random.ts';
import { type SeriesValues, total } from './series.ts';
import { FaultedServer, TOKENS } from './server.ts';
import { Tables } from './tables.ts';
import { readVital, Scraper, type Vital } from './vitals.ts';

/** What is under way when the load ends has ended by then: who reads nothing is waited for. */
const QUIESCING_MS = 30_000;
/** A receiver that was down is tried again within so long. */
const DELIVERY_MS = 30_000;
/** Lines of the log are gathered before they are written. */
const LONGEST_LOG_DELAY_MS = 5000;
const POLL_MS = 100;

const SETTINGS: Readonly<Record<string, string>> = {
  API_TOKEN: TOKENS.api,
  ADMIN_TOKEN: TOKENS.admin,
  METRICS_TOKEN: TOKENS.metrics,
  INFERENCE_THREADS: '1',
  MODEL_POLL_SECONDS: '1',
  MAX_QUEUE_ROWS: String(MAX_QUEUE_ROWS),
  MAX_BATCH_ROWS: '16',
  MAX_CONNECTIONS: String(MAX_CONNECTIONS),
  MAX_PENDING_BYTES: '8000000',
  HEADER_TIMEOUT_MS: '1000',
  BODY_TIMEOUT_MS: '1000',
  REQUEST_TIMEOUT_MS: '5000',
  REMOTE_WRITE_INTERVAL_SECONDS: '1',
  REMOTE_WRITE_TIMEOUT_SECONDS: '1',
  ...Object.fromEntries(Object.entries(LIMITS).map(([name, value]) => [name, String(value)])),
};

/** What a receiver has been sent, by the server's count and by its own. */
export interface Deliveries {
  readonly sent: number;
  readonly accepted: number;
}

/** A run that is over, and all that was kept of it. */
export interface FaultRun {
  readonly ledger: Ledger;
  readonly log: LogBook;
  /** What was done, by name. */
  readonly done: Counts;
  readonly receiver: FaultyReceiver;
  readonly deliveries: Deliveries;
  /** Before the load began, and while it lasted. */
  readonly start: Vital;
  readonly vitals: readonly Vital[];
  /** The metrics once nothing was under way. */
  readonly end: SeriesValues;
  readonly strayOutput: readonly string[];
  readonly exitCode: number | null;
}

/** Starts a server, does everything to it for some seconds, waits until it is quiet again, and stops it. */
export async function runFaults(seconds: number, seed: number): Promise<FaultRun> {
  const ledger = new Ledger();
  const log = new LogBook((line) => ledger.take(line));
  const done = new Counts();
  const files = new ModelFiles(new Tables());
  const receiver = await FaultyReceiver.start();
  const server = await FaultedServer.start({
    preload: 'end-threads',
    settings: { ...SETTINGS, MODEL_REPOSITORY: files.root, REMOTE_WRITE_URL: receiver.url },
    onLine: (line) => log.take(line),
  });
  try {
    const scraper = await Scraper.open(server.port, ledger);
    const start = readVital(await scraper.scrape(), 0);
    const deadline = performance.now() + seconds * 1000;
    const isOver = () => performance.now() > deadline || server.hasEnded;
    const scene = { port: server.port, ledger, random: new Random(seed), tables: files.tables };
    const [vitals] = await Promise.all([
      scraper.watch(isOver),
      runMix({ server, receiver, files, scene, done, isOver }),
    ]);
    const deliveries = await settleDeliveries(scraper, receiver);
    const end = await scraper.quiesce(QUIESCING_MS);
    await until(() => ledger.withoutLine().length === 0, LONGEST_LOG_DELAY_MS);
    scraper.close();
    server.signal('SIGTERM');
    const exitCode = await server.exit;
    const { strayOutput } = server;
    return { ledger, log, done, receiver, deliveries, start, vitals, end, strayOutput, exitCode };
  } catch (error) {
    const written = server.strayOutput.join('\n');
    throw new Error(`the run broke off; the server wrote: ${written}`, { cause: error });
  } finally {
    server.signal('SIGKILL');
    await receiver.stop();
    files.remove();
  }
}

/** Compares until both have counted the same: a delivery may be between them. */
async function settleDeliveries(scraper: Scraper, receiver: FaultyReceiver): Promise<Deliveries> {
  const deadline = performance.now() + DELIVERY_MS;
  for (;;) {
    const values = await scraper.scrape();
    const sent = total(values, 'remote_write_samples_total', { outcome: 'sent' });
    const accepted = receiver.samples('accepted');
    const isSettled = sent === accepted && total(values, 'remote_write_pending_samples') === 0;
    if (isSettled || performance.now() > deadline) return { sent, accepted };
    await sleep(POLL_MS);
  }
}

async function until(isSo: () => boolean, patienceMs: number): Promise<void> {
  const deadline = performance.now() + patienceMs;
  while (!isSo() && performance.now() < deadline) await sleep(POLL_MS);
}
