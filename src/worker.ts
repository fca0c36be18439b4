import { env } from 'cloudflare:workers';
import wasm from 'onnxruntime-web/ort-wasm-simd-threaded.wasm';
import pino from 'pino';
import packageJson from '../package.json' with { type: 'json' };
import { createApp } from './app.ts';
import { eventClock } from './clock.ts';
import { parseConfig } from './config.ts';
import { createWasmEngine } from './inference/onnx.ts';
import { ModelRepository } from './inference/repository.ts';
import { createTelemetry } from './metrics/telemetry.ts';
import { bundle } from './stores/bundle.ts';

/**
 * The Workers entry. Everything is made here, at module scope: the sessions are then part of start-up, and
 * no request pays for them. Nothing in it may wait for a timer or the network, which module scope forbids.
 */
const config = parseConfig({ ...env });
const log = pino({
  level: config.LOG_LEVEL,
  browser: {
    asObject: true,
    serialize: true,
    formatters: { level: (label) => ({ level: label }) },
    write: (line) => console.log(JSON.stringify(line)),
  },
});
const clock = eventClock(() => scheduler.wait(0));
const { recorder, snapshot } = createTelemetry({
  version: packageJson.version,
  runtime: 'workers',
});

const engine = await createWasmEngine({ clock, module: wasm });
const models = await ModelRepository.load(bundle, { engine, clock, observer: recorder });
for (const entry of models.entries()) {
  if (entry.state === 'READY') recorder.loaded(entry.model, engine.name);
  else
    log.error(
      { model: entry.name, version: entry.version, reason: entry.reason },
      'model unavailable',
    );
}

const app = createApp({ config, models, clock, log, observer: recorder, snapshot });

export default { fetch: app.fetch } satisfies ExportedHandler;
