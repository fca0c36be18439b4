import process from 'node:process';
import { serve } from '@hono/node-server';
import { createApp } from '../../src/app.ts';
import { runningClock as clock } from '../../src/clock.ts';
import { parseConfig } from '../../src/config.ts';
import { gzip } from '../../src/http/gzip.ts';
import { readIncomingBody } from '../../src/http/node/body.ts';
import { createWasmEngine } from '../../src/inference/onnx.ts';
import { ModelRepository } from '../../src/inference/repository.ts';
import { DiskStore } from '../../src/stores/disk.ts';

/** Kilat as it is wired on Node, with nobody who listens and a log that nobody reads: what observing costs. */

const config = parseConfig(process.env);
const nothing = () => {};
const observer = {
  requestStarted: nothing,
  requestEnded: nothing,
  accepted: nothing,
  ran: nothing,
  waited: nothing,
  loaded: nothing,
  unloaded: nothing,
  loadFailed: nothing,
};
const log = { debug: nothing, info: nothing, warn: nothing, error: nothing };
const engine = await createWasmEngine({ clock });
const batching = {
  maxRows: config.MAX_BATCH_ROWS,
  maxRunMs: 50,
  maxDelayMs: 0,
  maxQueueRows: config.MAX_QUEUE_ROWS,
  schedule: (flush: () => void) => void setImmediate(flush),
  now: clock.now,
};
const store = new DiskStore(config.MODEL_REPOSITORY);
const models = await ModelRepository.load(store, { engine, clock, observer, log, batching });
const app = createApp({
  version: '',
  config,
  models,
  clock,
  log,
  observer,
  lifecycle: { draining: false },
  readBody: readIncomingBody,
  compress: gzip(),
  snapshot: async () => [],
  site: async () => undefined,
});
serve({ fetch: app.fetch, port: config.PORT, hostname: config.HOST });
