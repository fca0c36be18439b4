import { type Catalog, createCatalog } from '../../src/metrics/catalog.ts';
import { type Delta, DeltaOutbox } from '../../src/metrics/delta.ts';
import { DriftCounters } from '../../src/metrics/drift.ts';
import type { Hub } from '../../src/metrics/edge.ts';
import type { Family } from '../../src/metrics/family.ts';
import { encodeBatches } from '../../src/remote-write/encode.ts';
import { MAX_SAMPLES_PER_REQUEST } from '../../src/remote-write/pusher.ts';
import { toSamples } from '../../src/remote-write/series.ts';

interface Env {
  readonly HUB: { getByName(name: string): Hub };
}

/** Measures one hub: `/deltas` how many it takes a second, `/series` what it is to hold many series. */
export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url);
    const number = (name: string) => Number(searchParams.get(name));
    const hub = env.HUB.getByName('hub-0');
    return Response.json(
      pathname === '/series'
        ? await holdSeries(hub, number('models'))
        : await handDeltas(hub, number('deltas'), number('concurrency'), number('features')),
    );
  },
};

/** What an isolate counts of one prediction with a model. */
function predict(catalog: Catalog, model: string): void {
  catalog.predictionTime.cell(model, '1').observe(0.001);
  catalog.predictionQueueTime.cell(model, '1').observe(0.001);
  catalog.predictionBatchRows.cell(model, '1').observe(1);
  catalog.predictionRows.cell(model, '1').add(1);
  catalog.predictionClass.cell(model, '1', 'yes').add(1);
  catalog.predictionRequests.cell(model, '1', 'predict', 'ok').add(1);
  catalog.modelInfo.cell(model, '1', 'x', 'wasm').set(1);
  catalog.modelLoadTime.cell(model, '1').set(0.1);
}

function takeAll(catalog: Catalog) {
  const taken = Object.values<Family>(catalog).map((family) => family.take());
  return taken.filter(({ series }) => series.length > 0);
}

/** Rows that an isolate counts between two deltas. */
const ROWS = 50;

/** Counts rows by features of ten bins each, in every one of which some rows are. */
function countBins(catalog: Catalog, features: number): () => void {
  const edges = Array.from({ length: 9 }, (_, i) => (i + 1) / 10);
  const shares = Array.from({ length: 10 }, () => 0.1);
  const bins = { edges, shares, missing: 0, datatype: 'FP32' } as const;
  const reference = Array.from({ length: features }, (_, column) => {
    return { ...bins, name: `feature ${column}`, column };
  });
  const drift = { features: reference, width: features, classes: {}, predictions: undefined };
  const options = { maxFeatures: features, sample: 1, random: Math.random };
  const counters = new DriftCounters(catalog, options);
  counters.loaded({ name: 'm', version: '1', sha256: '', loadSeconds: 0, labels: [], drift });
  const data = Float32Array.from({ length: ROWS * features }, (_, i) => {
    return ((Math.floor(i / features) % 10) + 0.5) / 10;
  });
  const inputs = [{ name: 'x', datatype: 'FP32', shape: [ROWS, features], data } as const];
  return () => counters.accepted({ model: 'm', version: '1', inputs });
}

/**
 * @param features whose values are counted by bins
 * @returns deltas a second, so many under way at once, each of an isolate that has predicted once
 */
async function handDeltas(
  hub: Hub,
  deltas: number,
  concurrency: number,
  features: number,
): Promise<number> {
  const start = performance.now();
  await Promise.all(
    Array.from({ length: concurrency }, async () => {
      const isolate = crypto.randomUUID();
      const catalog = createCatalog();
      const count = features > 0 ? countBins(catalog, features) : () => {};
      const apply = async (delta: Delta) => void (await hub.apply(delta));
      const outbox = new DeltaOutbox({
        families: Object.values(catalog),
        isolate,
        apply,
        now: Date.now,
      });
      for (let sequence = 1; sequence <= deltas / concurrency; sequence++) {
        predict(catalog, 'm');
        catalog.httpRequestDuration.cell('POST', '/predict', '200').observe(0.002);
        catalog.buildInfo.cell('1', 'workers').set(1);
        count();
        await outbox.flush();
      }
    }),
  );
  return (deltas * 1000) / (performance.now() - start);
}

/** @returns samples in a snapshot of so many models, and milliseconds to take it in, read it and encode it */
async function holdSeries(hub: Hub, models: number) {
  const catalog = createCatalog();
  for (let i = 0; i < models; i++) predict(catalog, `model-${i}`);
  const started = performance.now();
  await hub.apply({ isolate: crypto.randomUUID(), sequence: 1, families: takeAll(catalog) });
  const applied = performance.now();
  const { totals } = await hub.snapshot();
  const read = performance.now();
  const samples = toSamples(totals, { job: 'kilat', instance: 'hub-0' }, 1);
  await encodeBatches(samples, MAX_SAMPLES_PER_REQUEST);
  const encoded = performance.now();
  return {
    samples: samples.length,
    applyMs: applied - started,
    readMs: read - applied,
    encodeMs: encoded - read,
  };
}
