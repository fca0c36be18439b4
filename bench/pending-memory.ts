import { createCatalog } from '../src/metrics/catalog.ts';
import { encodeBatches } from '../src/remote-write/encode.ts';
import { MAX_SAMPLES_PER_REQUEST } from '../src/remote-write/pusher.ts';
import { MemoryBatches } from '../src/remote-write/queue.ts';
import { type Sample, toSamples } from '../src/remote-write/series.ts';

/** The memory of 10,000 samples that wait: encoded, as the queue keeps them, and as objects. */

const SAMPLES = 10_000;
const { gc } = globalThis;
if (!gc) throw new Error('run with node --expose-gc');

const catalog = createCatalog();
for (const model of ['breast-cancer', 'digits', 'diabetes']) {
  catalog.predictionTime.cell(model, '1').observe(0.001);
  catalog.predictionQueueTime.cell(model, '1').observe(0.0001);
  catalog.predictionBatchRows.cell(model, '1').observe(1);
  catalog.predictionRows.cell(model, '1').add(1);
  catalog.httpRequestDuration.cell('POST', `/models/${model}/predict`, '200').observe(0.002);
}
const snapshot = () => Object.values(catalog).map((family) => family.snapshot());
const samplesAt = (time: number) =>
  toSamples(snapshot(), { job: 'kilat', instance: 'bench:8000' }, time);

function used(): number {
  gc?.();
  const { heapUsed, external, arrayBuffers } = process.memoryUsage();
  return heapUsed + external + arrayBuffers;
}

const perSnapshot = samplesAt(0).length;
const snapshots = Math.ceil(SAMPLES / perSnapshot);
const batches = new MemoryBatches();
await encodeBatches(samplesAt(0), MAX_SAMPLES_PER_REQUEST);

const before = used();
for (let i = 0; i < snapshots; i++) {
  for (const batch of await encodeBatches(samplesAt(i), MAX_SAMPLES_PER_REQUEST)) {
    batches.push(batch);
  }
}
const encoded = used() - before;

const objects: Sample[][] = [];
const between = used();
for (let i = 0; i < snapshots; i++) objects.push(samplesAt(i));
const asObjects = used() - between;

const scale = SAMPLES / (snapshots * perSnapshot);
const kib = (bytes: number) => ((bytes * scale) / 1024).toFixed(0);
console.log(
  `${SAMPLES} pending samples, ${perSnapshot} series a snapshot, ${batches.samples} made`,
);
console.log(`encoded, as the queue keeps them: ${kib(encoded)} KiB`);
console.log(`as objects:                       ${kib(asObjects)} KiB`);
console.log(`ratio:                            ${(encoded / asObjects).toFixed(3)}`);
console.log(`(${objects.length} snapshots held)`);
