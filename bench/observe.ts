import { createTestHarness } from 'wrangler';
import { createTestApp } from '../test/helpers/app.ts';
import { post, readCard } from '../test/helpers/golden.ts';
import { measureObservation } from './observe/measure.ts';
import { median, spread } from './statistics.ts';

/** What it costs to observe one prediction, on Node and in workerd, and which share of a request that is. */

const RUNS = 9;

const node = Array.from({ length: RUNS }, () =>
  measureObservation(() => performance.now(), 200_000),
);

const harness = createTestHarness({ workers: [{ configPath: 'bench/observe/wrangler.toml' }] });
const { url } = await harness.listen();
const workerd: number[] = [];
for (let run = 0; run < RUNS; run++) workerd.push(Number(await (await fetch(url)).json()));
await harness.close();

/** Microseconds of a single-row prediction through the whole app, without a socket. */
const { app } = await createTestApp();
const request = post({ instances: readCard('breast-cancer').examples.slice(0, 1) });
const REQUESTS = 5000;
const requests: number[] = [];
for (let run = 0; run < RUNS; run++) {
  const start = performance.now();
  for (let i = 0; i < REQUESTS; i++) await (await app.request('/predict', request)).text();
  requests.push(((performance.now() - start) * 1000) / REQUESTS);
}

console.log(`observing one prediction, Node:    ${spread(node)} ns`);
console.log(`observing one prediction, workerd: ${spread(workerd)} ns`);
console.log(`one request in process, Node:      ${spread(requests, 1)} µs`);
const share = median(node) / 1000 / median(requests);
console.log(`share of a request:                ${(share * 100).toFixed(1)} %`);
