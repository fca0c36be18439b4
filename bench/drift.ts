import type { Tensor } from '../src/inference/tensor.ts';
import { createCatalog } from '../src/metrics/catalog.ts';
import { DriftCounters } from '../src/metrics/drift.ts';
import { createTestApp } from '../test/helpers/app.ts';
import { post, readGolden } from '../test/helpers/golden.ts';
import { median, spread } from './statistics.ts';

/**
 * `node bench/drift.ts`: what it costs to count what a model meets, in a minute and a half. First a value alone, then
 * predictions with and without counting, of the shipped classifier with its 30 features: in pairs, one right after the other
 * and in this process, so that nothing that both do (a socket, a client) makes the difference look smaller. Times are of the
 * processor, so that whoever else computes on the machine is not in them.
 */

const WIDTH = 30;
const { rows: golden } = readGolden('breast-cancer');

/** A row that never was: of held-out rows each value by itself, so that no processor can learn which bin comes next. */
function anyRow(): number[] {
  return Array.from({ length: WIDTH }, (_, column) => {
    const value = golden[Math.floor(Math.random() * golden.length)]?.[column] ?? 0;
    return value * (0.97 + 0.06 * Math.random());
  });
}

/** Microseconds that this process has computed. */
function computed(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

/** Nanoseconds a value that comes, in tensors of so many rows. */
async function measureValue(rows: number, sample: number): Promise<number[]> {
  const { models } = await createTestApp();
  const model = await models.get('breast-cancer');
  const options = { maxFeatures: 32, sample, random: Math.random };
  const counters = new DriftCounters(createCatalog(), options);
  counters.loaded(model);
  const tensors = Array.from({ length: 16_384 / rows }, (): readonly Tensor[] => {
    const data = Float32Array.from(Array.from({ length: rows }, anyRow).flat());
    return [{ name: 'features', datatype: 'FP32', shape: [rows, WIDTH], data }];
  });
  const count = (times: number) => {
    for (let i = 0; i < times; i++) {
      const inputs = tensors[i % tensors.length] ?? [];
      counters.accepted({ model: 'breast-cancer', version: '1', inputs });
    }
  };
  const times = Math.ceil(800_000 / rows);
  count(times);
  return Array.from({ length: 9 }, () => {
    const start = computed();
    count(times);
    return ((computed() - start) * 1000) / (times * rows * WIDTH);
  });
}

const PAIRS = 16;
const TURN_US = 600_000;

const counting = (await createTestApp({ DRIFT_MAX_FEATURES: '32' })).app;
const silent = (await createTestApp({ DRIFT_MAX_FEATURES: '0' })).app;

/** Microseconds a request. */
async function measureRequest(app: typeof counting, requests: RequestInit[]): Promise<number> {
  const start = computed();
  let sent = 0;
  do {
    for (const request of requests) await (await app.request('/predict', request)).text();
    sent += requests.length;
  } while (computed() - start < TURN_US);
  return (computed() - start) / sent;
}

async function compare(rows: number): Promise<string> {
  const requests = Array.from({ length: 64 }, () => {
    return post({ instances: Array.from({ length: rows }, anyRow) });
  });
  const [times, ratios]: [number[], number[]] = [[], []];
  for (let pair = -2; pair < PAIRS; pair++) {
    // Each goes first as often as the other; the first pairs warm up.
    const isFirst = pair % 2 === 0;
    const one = await measureRequest(isFirst ? counting : silent, requests);
    const other = await measureRequest(isFirst ? silent : counting, requests);
    const [by, without] = isFirst ? [one, other] : [other, one];
    if (pair < 0) continue;
    times.push(by);
    ratios.push(without / by);
  }
  const rate = ((rows * 1e6) / median(times)).toFixed(0);
  return `${rows} rows a request: ${rate} predictions a second, ${spread(ratios, 3)} of those without counting`;
}

/** Milliseconds that it takes to write /metrics. */
async function measureScrape(app: typeof counting): Promise<number> {
  const times = 100;
  for (let i = 0; i < times; i++) await (await app.request('/metrics')).text();
  const start = computed();
  for (let i = 0; i < times; i++) await (await app.request('/metrics')).text();
  return (computed() - start) / 1000 / times;
}

for (const rows of [1, 16, 256]) {
  const times = spread(await measureValue(rows, 1), 1);
  console.log(`counting a value, ${rows} rows a request: ${times} ns`);
}
console.log(
  `of a tenth of the rows: ${spread(await measureValue(256, 0.1), 1)} ns a value that comes`,
);
for (const rows of [1, 16, 256]) console.log(await compare(rows));
const [by, without] = [await measureScrape(counting), await measureScrape(silent)];
console.log(`writing /metrics: ${by.toFixed(1)} ms, without bins ${without.toFixed(1)} ms`);
