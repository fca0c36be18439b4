import { existsSync } from 'node:fs';
import { hostname } from 'node:os';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import type { HttpBindings } from '@hono/node-server';
import type { Context } from 'hono';
import pino from 'pino';
import packageJson from '../package.json' with { type: 'json' };
import { createApp } from './app.ts';
import { runningClock } from './clock.ts';
import { type Config, ConfigError, parseConfig } from './config.ts';
import { messageOf } from './errors.ts';
import { gzip } from './http/gzip.ts';
import { LoopDelay } from './http/loop-delay.ts';
import { readIncomingBody } from './http/node/body.ts';
import { NodeServer } from './http/node/server.ts';
import { readSiteFile } from './http/node/site-files.ts';
import { RequestLog } from './http/request-log.ts';
import { createDefault } from './inference/default-model.ts';
import { createNodeBatching, createNodeEngine, defaultThreads } from './inference/node-engine.ts';
import { NativeEngineError } from './inference/onnx-native.ts';
import { ModelRepository } from './inference/repository.ts';
import { EmptyRepositoryError } from './inference/store.ts';
import { gatherLines } from './log.ts';
import { collectProcessMetrics } from './metrics/process.ts';
import { startPushing } from './metrics/push.ts';
import { createTelemetry } from './metrics/telemetry.ts';
import type { GrpcParts, GrpcServer } from './protocols/grpc/server.ts';
import { DiskStore } from './stores/disk.ts';
import { followStore } from './stores/follow.ts';
import { openTerminal } from './terminal/open.ts';

const { version } = packageJson;
const clock = runningClock;

/** How long the process may take to end by itself, once everything is done. */
const LONGEST_EXIT_MS = 500;

/** How long a line of the log may be held back. */
const LONGEST_LOG_DELAY_MS = 20;

/** Characters that may wait for whoever reads the log; what comes then is lost. */
const LARGEST_LOG_BACKLOG = 64 * 1024 * 1024;

/** What bodies may hold of memory at once; JSON takes several times its size again while it is read. */
const DEFAULT_PENDING_BYTES = 256 * 1024 * 1024;

/**
 * A run is cut off once nobody can be waiting for it, but not before it has taken so long: the thread ends with it, and
 * to load a model again for every run that is a little late would cost more than the run.
 */
const LEAST_LONGEST_RUN_MS = 10_000;

/** How long the last push may take when the server is told to stop. */
const LAST_PUSH_MS = 5000;

/** The Node entry: load, listen, drain on SIGTERM. */
async function main(): Promise<void> {
  let stopping = false;
  // Before anything is accepted there is nothing to finish.
  let stop = async (_signal: string): Promise<void> => process.exit();
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
  const terminal = await openTerminal(process.stdout, config, version, lines);
  const log = pino(
    { level: config.LOG_LEVEL, base: null, formatters: { level: (label) => ({ level: label }) } },
    terminal ?? lines,
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
  const { observer, catalog } = telemetry;
  destination.on('drop', () => catalog.telemetryFaults.cell().add(1));
  const snapshot = async () => {
    catalog.httpConnections.cell().set(server.connections.count);
    return [...telemetry.snapshot(), ...(await processMetrics())];
  };
  process.on('uncaughtException', (error) => {
    log.error({ err: error }, 'uncaught exception');
    process.exitCode = 1;
    if (stopping) return;
    stopping = true;
    stop('uncaughtException').catch(fail);
  });
  const engine = await createNodeEngine(
    {
      kind: config.ENGINE,
      threads: config.INFERENCE_THREADS,
      intraOpThreads: config.INTRA_OP_THREADS,
      longestRunMs: Math.max(2 * config.REQUEST_TIMEOUT_MS, LEAST_LONGEST_RUN_MS),
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
  const isClientGone = (c: Context<{ Bindings: HttpBindings }>) => c.env.outgoing.destroyed;
  const loopDelay = new LoopDelay(config.MAX_LOOP_DELAY_MS, {
    now: clock.now,
    every: (ms, callback) => setInterval(callback, ms).unref(),
  });
  const app = createApp({
    version,
    config: { ...config, MAX_PENDING_BYTES: config.MAX_PENDING_BYTES ?? DEFAULT_PENDING_BYTES },
    models,
    clock,
    log,
    observer,
    lifecycle,
    admit: (c) => {
      server.admit(c);
      loopDelay.admit();
    },
    isClientGone,
    readBody: readIncomingBody,
    pause: () => nextTurn(),
    compress: gzip(),
    snapshot,
    site: readSiteFile,
  });
  const server = new NodeServer({
    fetch: app.fetch,
    config,
    log,
    failed: (code) => observer.failed(code),
  });

  const grpc = await serveGrpc(config, {
    version,
    config,
    models,
    clock,
    log,
    requestLog: new RequestLog(log, config.LOG_SAMPLE),
    observer,
    lifecycle,
    admit: () => loopDelay.admit(),
  });
  const port = await server.listen(config.PORT, config.HOST).catch(async (error: unknown) => {
    await grpc?.stop(0);
    throw cannotListen(config, error);
  });
  const host = config.HOST.includes(':') ? `[${config.HOST}]` : config.HOST;
  const url = `http://${host}:${port}`;
  log.info({ url }, 'listening');
  terminal?.welcome({
    url,
    grpcAddress: grpc?.address,
    config,
    threads: config.INFERENCE_THREADS ?? defaultThreads(),
    entries: models.entries(),
    defaultModel: createDefault(config.DEFAULT_MODEL, models)(),
    hasCommands: existsSync(new URL('cli', import.meta.url)),
  });
  const place = `${hostname()}:${port}`;
  const sleepUntil = (ms: number, signal: AbortSignal) => sleep(ms, undefined, { signal });
  const pushing = startPushing({
    config,
    version,
    place,
    snapshot,
    telemetry,
    clock,
    log,
    sleep: sleepUntil,
  });
  const stopFollowing = followStore(models, config.MODEL_POLL_SECONDS ?? 0, log);

  stop = async (signal) => {
    log.info({ signal }, 'draining');
    lifecycle.draining = true;
    stopFollowing();
    const graceMs = config.SHUTDOWN_SECONDS * 1000;
    const isBusy = () => catalog.httpRequestsInFlight.cell().value > 0;
    await Promise.all([server.stop(isBusy, graceMs), grpc?.stop(graceMs)]);
    await pushing?.stop(LAST_PUSH_MS);
    log.info({}, 'stopped');
    // What still runs in a thread, or waits for a reader that is gone, is not waited for.
    setTimeout(() => process.exit(), LONGEST_EXIT_MS).unref();
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

function cannotListen({ HOST, PORT }: Config, error: unknown): ConfigError {
  const taken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
  const reason = taken ? 'the port is in use; set PORT to another' : messageOf(error);
  return new ConfigError(`cannot listen on ${HOST}:${PORT}: ${reason}`, { cause: error });
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
