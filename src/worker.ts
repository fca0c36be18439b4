import { env, waitUntil } from 'cloudflare:workers';
import wasm from 'onnxruntime-web/ort-wasm-simd-threaded.wasm';
import pino from 'pino';
import packageJson from '../package.json' with { type: 'json' };
import { createApp } from './app.ts';
import { eventClock } from './clock.ts';
import { parseConfig } from './config.ts';
import { ALWAYS_ANSWERED } from './http/draining.ts';
import { gzipByPlatform } from './http/gzip.ts';
import { limitRate } from './http/rate-limit.ts';
import { followFromRequests } from './inference/following.ts';
import { createWasmEngine } from './inference/onnx.ts';
import { ModelRepository } from './inference/repository.ts';
import { workerLogOptions } from './log.ts';
import { createEdgeMetrics } from './metrics/edge.ts';
import { MetricsHub } from './metrics/hub.ts';
import { createTelemetry } from './metrics/telemetry.ts';
import { readAsset } from './site/static-assets.ts';
import { bundle } from './stores/bundle.ts';
import { R2Store } from './stores/r2.ts';

export { MetricsHub };

/**
 * The Workers entry. Everything is made here, at module scope: the sessions are then part of start-up, and
 * no request pays for them. Nothing in it may wait for a timer or the network, which module scope forbids.
 */
const { version } = packageJson;
const { ASSETS: assets, HUB: hubs, MODELS: bucket, RATE_LIMITER: limiter } = env;
const config = parseConfig({ ...env });
const log = pino(workerLogOptions(config.LOG_LEVEL));
/** Before the first request no event can come that a clock could settle by. */
let isServing = false;
const clock = eventClock(() => (isServing ? scheduler.wait(0) : undefined));
const telemetry = createTelemetry({
  version,
  runtime: 'workers',
  clock,
  log,
  drift: {
    maxFeatures: config.DRIFT_MAX_FEATURES,
    sample: config.DRIFT_SAMPLE,
    random: Math.random,
  },
});
const { observer } = telemetry;

/** What bodies may hold at once of an isolate's 128 MB, of which the runtime and the models take the larger part. */
const DEFAULT_PENDING_BYTES = 16 * 1024 * 1024;
/** How often a bucket is looked at. */
const DEFAULT_POLL_SECONDS = 60;
/** A Worker may go on for so long after its answer; what is not done by then will not be. */
const LONGEST_BACKGROUND_MS = 30_000;

const engine = await createWasmEngine({ clock, module: wasm });
const loading = { engine, clock, observer, log };
const wait = (ms: number) => scheduler.wait(ms);
const models = bucket
  ? new ModelRepository(new R2Store(bucket, wait), {
      ...loading,
      maxLoadedBytes: config.MAX_LOADED_BYTES,
      loadOnDemand: config.LOAD_ON_DEMAND,
      requestsMayDie: true,
      keepAlive: waitUntil,
      stuck: () => wait(LONGEST_BACKGROUND_MS),
    })
  : await ModelRepository.load(bundle, loading);
const following =
  bucket &&
  followFromRequests({
    models,
    intervalMs: (config.MODEL_POLL_SECONDS ?? DEFAULT_POLL_SECONDS) * 1000,
    now: clock.now,
    log,
  });
const metrics = createEdgeMetrics({
  config,
  telemetry,
  version,
  clock,
  log,
  wait,
  newIsolateName: () => `isolate-${crypto.randomUUID()}`,
  hub: hubs && ((name) => hubs.getByName(name)),
});
const { snapshot } = metrics;
const compress = gzipByPlatform();
/** A Worker is never told that it is about to go. */
const lifecycle = { draining: false };
const app = createApp({
  version,
  // Of many isolates a request meets one: loading and unloading that one would mean nothing.
  config: {
    ...config,
    ADMIN_TOKEN: undefined,
    MAX_PENDING_BYTES: config.MAX_PENDING_BYTES ?? DEFAULT_PENDING_BYTES,
  },
  models,
  clock,
  log,
  observer,
  lifecycle,
  ...(limiter && { admit: limitRate(limiter, (c) => c.req.header('CF-Connecting-IP')) }),
  compress,
  snapshot,
  site: (path) => readAsset(assets, path),
});

export default {
  async fetch(request, env, context) {
    isServing = true;
    if (following && !ALWAYS_ANSWERED.has(new URL(request.url).pathname)) {
      await following.beforeRequest();
    }
    const response = await app.fetch(request, env, context);
    context.waitUntil(metrics.afterRequest());
    const work = following?.afterRequest();
    if (work) context.waitUntil(work);
    return response;
  },
} satisfies ExportedHandler<Cloudflare.Env>;
