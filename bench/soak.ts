import { setTimeout as sleep } from 'node:timers/promises';
import { Command } from 'commander';
import { positive } from '../src/cli/arguments.ts';
import { readCard } from '../test/helpers/golden.ts';
import { BROKEN } from './load/connection.ts';
import { Connections } from './load/connections.ts';
import { startKilat } from './load/kilat.ts';
import { Latencies } from './load/latencies.ts';
import { type Ledger, settle } from './load/ledger.ts';
import { Gathering, type Minute } from './load/minute.ts';
import { ABANDONED, kindOf, shippedMix } from './load/mix.ts';
import { runOpenLoop, type Shot } from './load/open-loop.ts';
import {
  answeredByStatus,
  readServerSample,
  type ServerSample,
  sumOf,
} from './load/server-sample.ts';
import { assessSoak, formatSoak, minuteLine } from './load/soak-report.ts';

/**
 * `node bench/soak.ts`: half an hour of steady, mixed load, and what it leaves behind. Compares the end with the
 * beginning, and what was sent with what the server has counted, to the last request. Exits with 1 when those differ
 * or an answer was not the expected one. Ctrl-C ends it early, with what was measured so far.
 */

const options = new Command('node bench/soak.ts')
  .option('--minutes <n>', 'length', positive, 30)
  .option('--rate <n>', 'requests a second, on a fixed schedule', positive, 2000)
  .option('--json', 'print one JSON object')
  .parse()
  .opts<{ minutes: number; rate: number; json?: true }>();

const WARM_UP_SECONDS = 10;
const SCRAPE_SECONDS = 15;
const SCRAPES_PER_MINUTE = 60 / SCRAPE_SECONDS;
const MAX_IN_FLIGHT = 2000;
/**
 * More than a steady load needs. Node accepts one connection in a turn of its event loop, so a client that answered every
 * stall with hundreds of new ones would make it last.
 */
const KEPT_CONNECTIONS = 200;
/** A large body alone has more rows than may wait by default, and is refused when it meets another that waits. */
const MAX_QUEUE_ROWS = '16384';
/** How long a server may take to notice that clients have gone. */
const SETTLING_SECONDS = 10;

const body = JSON.stringify({ instances: readCard('breast-cancer').examples.slice(0, 1) });
const server = await startKilat({ MAX_QUEUE_ROWS }, { path: '/predict', body });
const connections = new Connections(server.port, { most: KEPT_CONNECTIONS });
const kinds = shippedMix(connections);

/** Of every request, scrapes included, as the clients saw them end. */
const outcomes: Record<string, number> = {};
const unexpected: Record<string, number> = {};
let sent = 0;

function count(counts: Record<string, number>, what: string): void {
  counts[what] = (counts[what] ?? 0) + 1;
}

async function scrape(): Promise<string> {
  sent++;
  const url = `http://127.0.0.1:${server.port}/metrics`;
  const response = await fetch(url).catch(() => undefined);
  const text = await response?.text().catch(() => '');
  const outcome = response && text ? String(response.status) : BROKEN;
  count(outcomes, outcome);
  if (outcome !== '200') count(unexpected, `scrape: ${outcome}`);
  return text ?? '';
}

const latenciesByKind = () => new Map(kinds.map(({ name }) => [name, new Latencies()]));
let gathering = new Gathering(undefined);
let byKind = latenciesByKind();

function record({ index, outcome, intended, sent: left, ended }: Shot): void {
  const kind = kindOf(kinds, index);
  count(outcomes, outcome);
  gathering.lateness.record(left - intended);
  if (outcome === kind.expected) {
    byKind.get(kind.name)?.record(ended - intended);
    // What is abandoned takes as long as its client likes.
    if (outcome !== ABANDONED) gathering.latencies.record(ended - intended);
  } else {
    count(unexpected, `${kind.name}: ${outcome}`);
    count(gathering.unexpected, `${kind.name}: ${outcome}`);
  }
}

/** Sends the mix for some seconds. */
async function sendMix(seconds: number) {
  const load = await runOpenLoop({
    rate: options.rate,
    seconds,
    maxInFlight: MAX_IN_FLIGHT,
    send: (index) => kindOf(kinds, index).send(index),
    record,
    signal: server.interrupted,
  });
  sent += load.sent;
  return load;
}

const before = await scrape();
// What is compiled on first use would be taken for the pace of the first minutes.
const warmUp = await sendMix(WARM_UP_SECONDS);
await warmUp.drain();
const start = performance.now();
const sample = (text: string) => readServerSample(text, (performance.now() - start) / 1000);
const samples = [sample(await scrape())];
const minutes: Minute[] = [];
gathering = new Gathering(samples[0]);
byKind = latenciesByKind();

async function takeSample(): Promise<ServerSample> {
  const taken = sample(await scrape());
  samples.push(taken);
  gathering.note(taken);
  return taken;
}

function endMinute(last: ServerSample): void {
  const minute = gathering.end(last);
  gathering = new Gathering(last);
  minutes.push(minute);
  process.stderr.write(`${minuteLine(minute, minutes.length)}\n`);
}

/** Scrapes as Prometheus does while the load goes on; each so many end a minute. */
async function watch(over: AbortSignal): Promise<void> {
  for (let number = 1; ; number++) {
    const wait = start + number * SCRAPE_SECONDS * 1000 - performance.now();
    await sleep(wait, undefined, { signal: over }).catch(() => {});
    if (over.aborted) return;
    const taken = await takeSample();
    if (number % SCRAPES_PER_MINUTE === 0) endMinute(taken);
  }
}

/** Compares with what the server has counted, once it is asked for nothing any more but that. */
async function closeLedger(): Promise<Ledger> {
  const deadline = performance.now() + SETTLING_SECONDS * 1000;
  for (;;) {
    // A scrape does not see itself.
    const [asked, ended] = [sent, { ...outcomes }];
    const text = await scrape();
    const inFlight = sumOf(text, 'http_requests_in_flight') - 1;
    if (inFlight === 0 || performance.now() > deadline) {
      return settle(asked, ended, answeredByStatus(before), answeredByStatus(text));
    }
    await sleep(100);
  }
}

try {
  const over = new AbortController();
  const watching = watch(over.signal);
  const load = await sendMix(options.minutes * 60);
  over.abort();
  await watching;
  await load.drain();
  if (gathering.seconds() > 1) endMinute(await takeSample());
  const ledger = await closeLedger();
  const report = assessSoak({
    rate: options.rate,
    minutes,
    samples,
    byKind,
    ledger,
    unexpected,
    notSent: warmUp.notSent + load.notSent,
  });
  console.log(options.json ? JSON.stringify(report) : formatSoak(report));
  for (const fault of connections.faults) process.stderr.write(`broken: ${fault}\n`);
  process.stderr.write(server.log());
  if (!report.passed) process.exitCode ??= 1;
} finally {
  connections.close();
  await server.stop();
}
