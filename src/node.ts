import { hostname } from 'node:os';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { type HttpBindings, serve } from '@hono/node-server';
import type { Context } from 'hono';
import pino from 'pino';
import packageJson from '../package.json' with { type: 'json' };
import { createApp } from './app.ts';
import { runningClock } from './clock.ts';
import { type Config, ConfigError, parseConfig } from './config.ts';
import { gzip } from './http/gzip.ts';
import { readIncomingBody } from './http/node-body.ts';
import { createNodeBatching, createNodeEngine } from './inference/node-engine.ts';
import { NativeEngineError } from './inference/onnx-native.ts';
import { ModelRepository } from './inference/repository.ts';
import { EmptyRepositoryError } from './inference/store.ts';
import { gatherLines, type Logger } from './log.ts';
import { collectProcessMetrics } from './metrics/process.ts';
import { DeliveryRecorder } from './metrics/record-delivery.ts';
import type { FamilySnapshot } from './metrics/snapshot.ts';
import { createTelemetry, type Telemetry } from './metrics/telemetry.ts';
import type { GrpcParts, GrpcServer } from './protocols/grpc/server.ts';
import { createPusher } from './remote-write/create.ts';
import { PushLoop } from './remote-write/loop.ts';
import { MemoryBatches } from './remote-write/queue.ts';
import { DiskStore } from './stores/disk.ts';

const { version } = packageJson;
const clock = runningClock;

/** How long the process may take to end by itself, once everything is done. */
const LONGEST_EXIT_MS = 500;

/** How long a line of the log may be held back. */
const LONGEST_LOG_DELAY_MS = 20;

/** Characters that may wait for whoever reads the log; what comes then is lost. */
const LARGEST_LOG_BACKLOG = 64 * 1024 * 1024;

/** How long the last push may take when the server is told to stop. */
const LAST_PUSH_MS = 5000;

/** The Node entry: load, listen, drain on SIGTERM. */
async function main(): Promise<void> {
  let stopping = false;
  // Before anything is accepted there is nothing to finish.
  let stop = async (_signal: string): Promise<void> => process.exit(0);
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (stopping) process.exit(1);
      stopping = true;
      stop(signal).catch(fail);
    });
  }
  const config = parseConfig(process.env);
  // Lines are gathered and then written by another thread: a request waits neither for the disk nor for a pipe.
  const destination = pino.destination({ sync: false, maxLength: LARGEST_LOG_BACKLOG });
  const lines = gatherLines(destination, (flush) => setTimeout(flush, LONGEST_LOG_DELAY_MS));
  process.on('exit', () => {
    destination.flushSync();
    lines.flush(pino.destination({ sync: true }));
  });
  const log = pino(
    { level: config.LOG_LEVEL, base: null, formatters: { level: (label) => ({ level: label }) } },
    lines,
  );
  const telemetry = createTelemetry({
    version,
    runtime: 'node',
    clock,
    log,
    drift: {
      maxFeatures: config.DRIFT_MAX_FEATURES,
      sample: config.DRIFT_SAMPLE,
      random: Math.random,
    },
  });
  const processMetrics = collectProcessMetrics();
  const snapshot = async () => [...telemetry.snapshot(), ...(await processMetrics())];

  const { observer } = telemetry;
  const engine = await createNodeEngine(
    {
      kind: config.ENGINE,
      threads: config.INFERENCE_THREADS,
      intraOpThreads: config.INTRA_OP_THREADS,
    },
    clock,
  );
  const store = new DiskStore(config.MODEL_REPOSITORY);
  const batching = createNodeBatching(
    {
      maxRows: config.MAX_BATCH_ROWS,
      maxDelayMs: config.MAX_BATCH_DELAY_MS,
      maxQueueRows: config.MAX_QUEUE_ROWS,
    },
    clock,
  );
  const models = await ModelRepository.load(store, {
    engine,
    clock,
    observer,
    log,
    batching,
    maxLoadedBytes: config.MAX_LOADED_BYTES,
    loadOnDemand: config.LOAD_ON_DEMAND,
    // A request that has not even arrived as a whole by then must not keep the memory.
    longestUse: () => sleep(config.REQUEST_TIMEOUT_MS, undefined, { ref: false }),
  });
  const lifecycle = { draining: false };
  const compress = gzip();
  const isClientGone = (c: Context<{ Bindings: HttpBindings }>) => c.env.outgoing.destroyed;
  const app = createApp({
    version,
    config,
    models,
    clock,
    log,
    observer,
    lifecycle,
    isClientGone,
    readBody: readIncomingBody,
    pause: () => nextTurn(),
    compress,
    snapshot,
  });

  const grpc = await serveGrpc(config, {
    version,
    config,
    models,
    clock,
    log,
    observer,
    lifecycle,
  });
  const server = serve({ fetch: app.fetch, port: config.PORT, hostname: config.HOST });
  const pushing = new Promise<PushLoop | undefined>((resolve) => {
    server.once('listening', () => {
      const address = server.address();
      const port = typeof address === 'object' && address ? address.port : config.PORT;
      const host = config.HOST.includes(':') ? `[${config.HOST}]` : config.HOST;
      log.info({ url: `http://${host}:${port}` }, 'listening');
      resolve(startPushing(config, `${hostname()}:${port}`, snapshot, telemetry, log));
    });
  });
  server.on('error', (error) => {
    const place = `${config.HOST}:${config.PORT}`;
    const taken = 'code' in error && error.code === 'EADDRINUSE';
    const reason = taken ? 'the port is in use; set PORT to another' : error.message;
    fail(`cannot listen on ${place}: ${reason}`);
    void grpc?.stop(0);
  });

  const stopFollowing = followStore(models, config.MODEL_POLL_SECONDS ?? 0, log);

  stop = async (signal) => {
    log.info({ signal }, 'draining');
    lifecycle.draining = true;
    stopFollowing();
    const closed = new Promise((resolve) => server.close(resolve));
    const ended = grpc?.stop(config.SHUTDOWN_SECONDS * 1000);
    if ('closeIdleConnections' in server) {
      server.closeIdleConnections();
      const deadline = setTimeout(() => {
        log.warn({}, 'shutdown took too long; connections are cut');
        server.closeAllConnections();
      }, config.SHUTDOWN_SECONDS * 1000);
      void closed.then(() => clearTimeout(deadline));
    }
    await closed;
    await ended;
    await (await pushing)?.stop(LAST_PUSH_MS);
    log.info({}, 'stopped');
    // What still runs in a thread, or waits for a reader that is gone, is not waited for.
    setTimeout(() => process.exit(0), LONGEST_EXIT_MS).unref();
  };
}

/**
 * Looks for changes in the repository every so many seconds; 0 never does.
 *
 * @returns ends it
 */
function followStore(models: ModelRepository, seconds: number, log: Logger): () => void {
  if (seconds === 0) return () => {};
  let ended = false;
  const look = async () => {
    await models.refresh().catch((error: unknown) => {
      const reason = error instanceof Error ? error.message : String(error);
      log.error({ reason }, 'the models cannot be listed; they stay as they are');
    });
    if (!ended) timer = setTimeout(look, seconds * 1000);
  };
  let timer = setTimeout(look, seconds * 1000);
  return () => {
    ended = true;
    clearTimeout(timer);
  };
}

/** Serves gRPC where the settings ask for it; its library is loaded only then. */
async function serveGrpc(config: Config, parts: GrpcParts): Promise<GrpcServer | undefined> {
  if (config.GRPC_PORT === undefined) return undefined;
  const { startGrpc } = await import('./protocols/grpc/server.ts');
  const grpc = await startGrpc(parts, config.HOST, config.GRPC_PORT);
  parts.log.info({ address: grpc.address }, 'grpc listening');
  return grpc;
}

/** Pushes to the receiver that the settings name, if they name one. */
function startPushing(
  config: Config,
  place: string,
  snapshot: () => Promise<readonly FamilySnapshot[]>,
  telemetry: Telemetry,
  log: Logger,
): PushLoop | undefined {
  const common = { job: config.METRICS_JOB, instance: config.METRICS_INSTANCE ?? place };
  const made = createPusher({
    config,
    version,
    snapshot,
    common: () => common,
    batches: new MemoryBatches(),
    observer: new DeliveryRecorder(telemetry.catalog, log, clock.wallTime),
    clock,
  });
  if (!made) return undefined;
  const loop = new PushLoop({
    ...made,
    intervalMs: config.REMOTE_WRITE_INTERVAL_SECONDS * 1000,
    sleep: (ms, signal) => sleep(ms, undefined, { signal }),
    now: clock.now,
    onFault: (error) => {
      telemetry.catalog.telemetryFaults.cell().add(1);
      log.error({ err: error }, 'a push failed');
    },
  });
  loop.start();
  return loop;
}

/** Start-up cannot go on: says why, in words for a person where they are known. */
function fail(reason: unknown): void {
  console.error(reason);
  process.exitCode = 1;
}

const STARTUP_ERRORS = [ConfigError, EmptyRepositoryError, NativeEngineError];

main().catch((error: unknown) => {
  const known = error instanceof Error && STARTUP_ERRORS.some((kind) => error instanceof kind);
  fail(known ? error.message : error);
});
