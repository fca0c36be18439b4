import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { positive, positiveInteger } from '../src/cli/arguments.ts';
import { Connections } from './load/connections.ts';
import { recoverySeconds, sendInTurn } from './load/in-turn.ts';
import { startKilat } from './load/kilat.ts';
import { Latencies } from './load/latencies.ts';
import { runOpenLoop } from './load/open-loop.ts';
import { OtherWork } from './load/other-work.ts';
import { Outcomes } from './load/outcomes.ts';
import { assessOverload, formatOverload, type OverloadMeasures } from './load/overload-report.ts';
import { OwnDelay } from './load/own-delay.ts';
import { httpRequest } from './load/request.ts';
import { sumOf } from './load/server-sample.ts';
import { slowGraph } from './load/slow-graph.ts';

/**
 * `node bench/overload.ts`: what a server does that is asked for five times what it can do, by clients who do not wait
 * for each other, and how soon it is itself again. Exits with 1 when a goal is missed.
 */

const options = new Command('node bench/overload.ts')
  .option('--seconds <n>', 'length of the overload', positive, 60)
  .option('--factor <n>', 'capacities that are asked for', positive, 5)
  .option('--queue <rows>', 'MAX_QUEUE_ROWS', positiveInteger, 64)
  .option('--side <n>', "of the model's matrices: 256 makes a row cost 5 ms", positiveInteger, 256)
  .option('--json', 'print one JSON object')
  .parse()
  .opts<{ seconds: number; factor: number; queue: number; side: number; json?: true }>();

const WARM_UP_SECONDS = 1;
const UNLOADED_SECONDS = 5;
const CAPACITY_SECONDS = 10;
/** Enough that the model is never without work, and fewer than may wait. */
const CAPACITY_CLIENTS = 8;
const RECOVERY_SECONDS = 5;
const CONNECTIONS = 256;
const MAX_IN_FLIGHT = 2000;
/** Of /healthz and of /metrics each. */
const PROBES_PER_SECOND = 10;

const repository = mkdtempSync(join(tmpdir(), 'kilat-overload-'));
process.once('exit', () => rmSync(repository, { recursive: true }));
mkdirSync(join(repository, 'slow/1'), { recursive: true });
writeFileSync(join(repository, 'slow/1/model.onnx'), slowGraph(options.side));
const path = '/models/slow/predict';
const body = JSON.stringify({ instances: [Array(16).fill(1)] });
const request = httpRequest('POST', path, body);
const server = await startKilat(
  { MODEL_REPOSITORY: repository, MAX_QUEUE_ROWS: String(options.queue) },
  { path, body },
);
// There is nothing to tell of a half.
server.interrupted.addEventListener('abort', () => process.exit());

/** Sends at a steady rate, and notes what becomes of it. */
async function sendSteadily(bytes: Uint8Array, rate: number, connections: Connections) {
  const outcomes = new Outcomes();
  const { seconds } = options;
  const load = await runOpenLoop({
    rate,
    seconds,
    maxInFlight: MAX_IN_FLIGHT,
    send: () => connections.send(bytes),
    record: (shot) => outcomes.record(shot),
  });
  return { load, outcomes };
}

async function measure(): Promise<OverloadMeasures> {
  const few = new Connections(server.port);
  const ask = () => few.send(request);
  const note = (text: string) => process.stderr.write(`${text}\n`);

  note(`unloaded, ${UNLOADED_SECONDS} s`);
  await sendInTurn(ask, 1, WARM_UP_SECONDS);
  const alone = new Latencies();
  for (const { sent, ended } of await sendInTurn(ask, 1, UNLOADED_SECONDS)) {
    alone.record(ended - sent);
  }
  const unloaded = alone.summary();

  note(`capacity, ${CAPACITY_SECONDS} s`);
  const begun = performance.now();
  const turns = await sendInTurn(ask, CAPACITY_CLIENTS, CAPACITY_SECONDS);
  const answered = turns.filter(({ outcome }) => outcome === '200').length;
  const capacity = (answered * 1000) / (performance.now() - begun);

  const rate = options.factor * capacity;
  note(`overload, ${rate.toFixed(0)} requests/s, ${options.seconds} s`);
  const before = server.memory();
  const serverSeconds = async () => sumOf(await server.metrics(), 'process_cpu_seconds_total');
  const others = new OtherWork(await serverSeconds());
  const delay = new OwnDelay();
  const many = new Connections(server.port, { inTurn: true });
  const healthRequest = httpRequest('GET', '/healthz');
  await many.open(CONNECTIONS, healthRequest);
  const [overload, healthz, metrics] = await Promise.all([
    sendSteadily(request, rate, many),
    sendSteadily(healthRequest, PROBES_PER_SECOND, new Connections(server.port)),
    sendSteadily(httpRequest('GET', '/metrics'), PROBES_PER_SECOND, new Connections(server.port)),
  ]);
  const ownDelay = delay.read();

  note(`recovery, ${RECOVERY_SECONDS} s`);
  const after = await sendInTurn(ask, 1, RECOVERY_SECONDS);
  let unanswered = 0;
  for (const { load } of [overload, healthz, metrics]) unanswered += await load.drain();
  delay.stop();
  const otherCpus = others.read(await serverSeconds());
  return {
    unloaded,
    capacity,
    queueRows: options.queue,
    ...overload,
    unanswered,
    healthz: healthz.outcomes,
    metrics: metrics.outcomes,
    recoverySeconds: recoverySeconds(after, overload.load.end, 2 * unloaded.p99),
    memoryMiB: { before, after: server.memory() },
    ownDelay,
    otherCpus,
  };
}

try {
  const report = assessOverload(await measure());
  console.log(options.json ? JSON.stringify(report) : formatOverload(report));
  process.stderr.write(server.log());
  if (!report.goals.every(({ passed }) => passed)) process.exitCode = 1;
} finally {
  await server.stop();
}
