import { env } from 'cloudflare:workers';
import wasm from 'onnxruntime-web/ort-wasm-simd-threaded.wasm';
import pino from 'pino';
import packageJson from '../package.json' with { type: 'json' };
import { createApp } from './app.ts';
import { eventClock } from './clock.ts';
import { parseConfig } from './config.ts';
import { gzipByPlatform } from './http/gzip.ts';
import { createWasmEngine } from './inference/onnx.ts';
import { ModelRepository } from './inference/repository.ts';
import { workerLogOptions } from './log.ts';
import { createEdgeMetrics } from './metrics/edge.ts';
import { MetricsHub } from './metrics/hub.ts';
import { createTelemetry } from './metrics/telemetry.ts';
import { bundle } from './stores/bundle.ts';

export { MetricsHub };

/**
 * The Workers entry. Everything is made here, at module scope: the sessions are then part of start-up, and
 * no request pays for them. Nothing in it may wait for a timer or the network, which module scope forbids.
 */
const { version } = packageJson;
const { HUB: hubs } = env;
const config = parseConfig({ ...env });
const log = pino(workerLogOptions(config.LOG_LEVEL));
const clock = eventClock(() => scheduler.wait(0));
const telemetry = createTelemetry({ version, runtime: 'workers', clock, log });
const { observer } = telemetry;

const engine = await createWasmEngine({ clock, module: wasm });
const models = await ModelRepository.load(bundle, { engine, clock, observer, log });
const metrics = createEdgeMetrics({
  config,
  telemetry,
  version,
  clock,
  log,
  wait: (ms) => scheduler.wait(ms),
  newIsolateName: () => `isolate-${crypto.randomUUID()}`,
  hub: hubs && ((name) => hubs.getByName(name)),
});
const { snapshot } = metrics;
const compress = gzipByPlatform();
/** A Worker is never told that it is about to go. */
const lifecycle = { draining: false };
const app = createApp({
  version,
  config,
  models,
  clock,
  log,
  observer,
  lifecycle,
  compress,
  snapshot,
});

export default {
  async fetch(request, env, context) {
    const response = await app.fetch(request, env, context);
    context.waitUntil(metrics.afterRequest());
    return response;
  },
} satisfies ExportedHandler<Cloudflare.Env>;
