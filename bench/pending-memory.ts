import { setTimeout } from 'node:timers/promises';
import { encodeBatches } from '../src/remote-write/encode.ts';
import { MAX_SAMPLES_PER_REQUEST } from '../src/remote-write/pusher.ts';
import { MemoryBatches } from '../src/remote-write/queue.ts';
import { type Sample, toSamples } from '../src/remote-write/series.ts';
import { createTestApp } from '../test/helpers/app.ts';
import { GOLDEN_MODELS, post, readCard } from '../test/helpers/golden.ts';

/** The memory of 10,000 samples that wait: encoded, as the queue keeps them, and as objects. */

const SAMPLES = 10_000;
const { gc } = globalThis;
if (!gc) throw new Error('run with node --expose-gc');

const { app, catalog } = await createTestApp();
for (const model of GOLDEN_MODELS) {
  await app.request(`/models/${model}/predict`, post({ instances: readCard(model).examples }));
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
let encoded = 0;
for (let i = 0; i < snapshots; i++) {
  for (const batch of await encodeBatches(samplesAt(i), MAX_SAMPLES_PER_REQUEST)) {
    batches.push(batch);
    // The memory of a body, which may be more than the body: what the collector says is lost among everything else.
    encoded += batch.body.buffer.byteLength;
  }
}

const objects: Sample[][] = [];
// What loading has left behind has to be gone before the objects come, or its end would be taken for theirs.
for (let i = 0; i < 10; i++) {
  used();
  await setTimeout(50);
}
const before = used();
for (let i = 0; i < snapshots; i++) objects.push(samplesAt(i));
const asObjects = used() - before;

const scale = SAMPLES / (snapshots * perSnapshot);
const kib = (bytes: number) => ((bytes * scale) / 1024).toFixed(0);
console.log(
  `${SAMPLES} pending samples, ${perSnapshot} series a snapshot, ${batches.samples} made`,
);
console.log(`encoded, as the queue keeps them: ${kib(encoded)} KiB`);
console.log(`as objects:                       ${kib(asObjects)} KiB`);
console.log(`ratio:                            ${(encoded / asObjects).toFixed(3)}`);
console.log(`(${objects.length} snapshots held)`);
