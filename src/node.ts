import { serve } from '@hono/node-server';
import pino from 'pino';
import packageJson from '../package.json' with { type: 'json' };
import { createApp } from './app.ts';
import { runningClock } from './clock.ts';
import { ConfigError, parseConfig } from './config.ts';
import { createWasmEngine } from './inference/onnx.ts';
import { ModelRepository } from './inference/repository.ts';
import { createTelemetry } from './metrics/telemetry.ts';
import { DiskStore, EmptyRepositoryError } from './stores/disk.ts';

/** The Node entry: load, listen, drain on SIGTERM. */
async function main(): Promise<void> {
  const config = parseConfig(process.env);
  const log = pino({
    level: config.LOG_LEVEL,
    base: null,
    formatters: { level: (label) => ({ level: label }) },
  });
  const clock = runningClock;
  const runtime = 'node';
  const { recorder, snapshot } = createTelemetry({ version: packageJson.version, runtime });

  const engine = await createWasmEngine({ clock });
  const store = new DiskStore(config.MODEL_REPOSITORY);
  const models = await ModelRepository.load(store, { engine, clock, observer: recorder });
  for (const entry of models.entries()) {
    const { name, version } = entry;
    if (entry.state === 'READY') {
      recorder.loaded(entry.model, engine.name);
      log.info(
        { model: name, version, load_ms: Math.round(entry.model.loadSeconds * 1000) },
        'model ready',
      );
    } else {
      log.error({ model: name, version, reason: entry.reason }, 'model unavailable');
    }
  }

  const app = createApp({ config, models, clock, log, observer: recorder, snapshot });
  const server = serve({ fetch: app.fetch, port: config.PORT, hostname: config.HOST }, (info) => {
    log.info({ url: `http://${config.HOST}:${info.port}` }, 'listening');
  });
  server.on('error', (error) => {
    const place = `${config.HOST}:${config.PORT}`;
    const taken = 'code' in error && error.code === 'EADDRINUSE';
    fail(
      `cannot listen on ${place}: ${taken ? 'the port is in use; set PORT to another' : error.message}`,
    );
  });

  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      log.info({ signal }, 'draining');
      server.close(() => log.info({}, 'stopped'));
      if ('closeIdleConnections' in server) server.closeIdleConnections();
    });
  }
}

/** Start-up cannot go on: says why, in words for a person where they are known. */
function fail(reason: unknown): void {
  console.error(reason);
  process.exitCode = 1;
}

main().catch((error: unknown) => {
  fail(
    error instanceof ConfigError || error instanceof EmptyRepositoryError ? error.message : error,
  );
});
