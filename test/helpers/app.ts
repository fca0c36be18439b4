import { createApp } from '../../src/app.ts';
import { type Clock, runningClock } from '../../src/clock.ts';
import { parseConfig } from '../../src/config.ts';
import type { After } from '../../src/http/deadline.ts';
import { gzip } from '../../src/http/gzip.ts';
import { readSiteFile } from '../../src/http/node/site-files.ts';
import type { BatchingOptions } from '../../src/inference/batcher.ts';
import { createWasmEngine } from '../../src/inference/onnx.ts';
import { ModelRepository } from '../../src/inference/repository.ts';
import type { ModelStore } from '../../src/inference/store.ts';
import type { Engine } from '../../src/inference/types.ts';
import type { Logger } from '../../src/log.ts';
import { createTelemetry } from '../../src/metrics/telemetry.ts';
import { DiskStore } from '../../src/stores/disk.ts';

/** The whole app in this process, with the real engine, and its log kept in memory. */
export async function createTestApp(
  settings: Readonly<Record<string, string>> = {},
  parts: {
    clock?: Clock;
    after?: After;
    store?: ModelStore;
    batching?: BatchingOptions;
    engine?: Engine;
    random?: () => number;
  } = {},
) {
  const {
    clock = runningClock,
    store = new DiskStore('model'),
    batching,
    random = Math.random,
  } = parts;
  const config = parseConfig(settings);
  const lines: Record<string, unknown>[] = [];
  const log = memoryLog(lines);
  const telemetry = createTelemetry({
    version: '0.0.0',
    runtime: 'test',
    clock,
    log,
    drift: {
      maxFeatures: config.DRIFT_MAX_FEATURES,
      sample: config.DRIFT_SAMPLE,
      random,
    },
  });
  const { observer, catalog } = telemetry;
  const snapshot = async () => telemetry.snapshot();
  const lifecycle = { draining: false };
  const compress = gzip();
  const engine = parts.engine ?? (await createWasmEngine({ clock }));
  const models = await ModelRepository.load(store, {
    engine,
    clock,
    observer,
    log,
    batching,
    maxLoadedBytes: config.MAX_LOADED_BYTES,
    loadOnDemand: config.LOAD_ON_DEMAND,
  });
  return {
    app: createApp({
      version: '0.0.0',
      config,
      models,
      clock,
      log,
      observer,
      lifecycle,
      ...(parts.after && { after: parts.after }),
      compress,
      snapshot,
      site: readSiteFile,
    }),
    lines,
    catalog,
    models,
    lifecycle,
  };
}

function memoryLog(lines: Record<string, unknown>[]): Logger {
  const at = (level: string) => (fields: object, msg: string) =>
    void lines.push({ level, ...fields, msg });
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}
