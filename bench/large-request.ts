import { runningClock as clock } from '../src/clock.ts';
import { parseJson } from '../src/http/body.ts';
import { createWasmEngine } from '../src/inference/onnx.ts';
import { ModelRepository } from '../src/inference/repository.ts';
import { findRows } from '../src/protocols/predict.ts';
import { DiskStore } from '../src/stores/disk.ts';
import { readCard } from '../test/helpers/golden.ts';
import { drive } from './drive.ts';
import { SIDES } from './sides.ts';
import { startSide } from './start-side.ts';
import { spread } from './statistics.ts';

/** `node bench/large-request.ts`: how long a request of 10,000 rows holds up the server's event loop. */

const [kilat] = SIDES;
if (!kilat) throw new Error('there is no side to measure');
const { examples } = readCard('breast-cancer');
const rows = Array.from({ length: 10_000 }, (_, i) => examples[i % examples.length] ?? []);
const side = await startSide(kilat, rows.slice(0, 1), '');
const request = side.request(rows);
const lag = async () => {
  const metrics = await (await fetch(new URL('/metrics', request.url))).text();
  return ['p50', 'p99', 'max'].map((quantile) => {
    const name = `nodejs_eventloop_lag_${quantile === 'max' ? 'max' : quantile}_seconds`;
    const value = metrics.split('\n').find((line) => line.startsWith(`${name} `));
    return `${quantile} ${(Number(value?.split(' ')[1]) * 1000).toFixed(1)}`;
  });
};
await drive({ ...request, connections: 1, seconds: 3 });
await lag();
for (let round = 0; round < 5; round++) {
  const { rate, p99 } = await drive({ ...request, connections: 1, seconds: 3 });
  const delays = (await lag()).join(', ');
  console.log(
    `${rate.toFixed(1)} requests/s, p99 ${p99.toFixed(0)} ms; event loop delay, ms: ${delays}`,
  );
}
await side.stop();

// The pieces of the same work, in this process.
const silent = () => {};
const observer = {
  accepted: silent,
  ran: silent,
  waited: silent,
  loaded: silent,
  unloaded: silent,
  loadFailed: silent,
};
const log = { debug: silent, info: silent, warn: silent, error: silent };
const engine = await createWasmEngine({ clock });
const models = await ModelRepository.load(new DiskStore('model'), { engine, clock, observer, log });
const model = await models.get('breast-cancer');
const bytes = new TextEncoder().encode(request.body);
const pieces = new Map<string, number[]>();
for (let round = 0; round < 25; round++) {
  let start = performance.now();
  const note = (name: string) => {
    const now = performance.now();
    // The first rounds warm up.
    if (round >= 5) pieces.set(name, [...(pieces.get(name) ?? []), now - start]);
    start = performance.now();
  };
  const json = parseJson(bytes, 64);
  note('parse');
  const inputs = model.readRows(findRows(json, model));
  note('rows to tensor');
  const { outputs } = await model.infer({ inputs, outputs: model.predictions.outputs });
  note('run');
  JSON.stringify(model.predictions.write(outputs, rows.length));
  note('answer');
}
for (const [name, times] of pieces) console.log(`${name}: ${spread(times, 1)} ms`);
