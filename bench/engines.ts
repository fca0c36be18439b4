import { existsSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { Piscina } from 'piscina';
import { runningClock as clock } from '../src/clock.ts';
import { createLocalEngine, type LocalEngineOptions } from '../src/inference/local-engine.ts';
import type { ThreadResult, ThreadSetup } from '../src/inference/thread.ts';
import { shippedGraph } from '../test/helpers/store.ts';
import { spread } from './statistics.ts';

/**
 * `node bench/engines.ts`: what a run costs on each engine, and what the way to a thread and back costs. The native
 * engine is measured where it is installed (`npm install --no-save --ignore-scripts onnxruntime-node@1.30.0`).
 */

const wasm = fileURLToPath(import.meta.resolve('onnxruntime-web/ort-wasm-simd-threaded.wasm'));
const module = await WebAssembly.compile(await readFile(wasm));
const slow = readFileSync('test/models/slow.onnx');
const identity = readFileSync('test/models/matrix.onnx');

/** One FP32 input of a shape. */
const input = (name: string, ...shape: number[]) => {
  const count = shape.reduce((product, dimension) => product * dimension, 1);
  return [{ name, datatype: 'FP32', shape, data: new Float32Array(count).fill(1) }] as const;
};

const engines: Record<string, LocalEngineOptions> = {
  WebAssembly: { kind: 'wasm', module, intraOpThreads: 1 },
  'WebAssembly, 2 threads a run': { kind: 'wasm', module, intraOpThreads: 2 },
  ...(existsSync('node_modules/onnxruntime-node') && {
    native: { kind: 'native', module, intraOpThreads: 1 },
  }),
};
for (const [name, options] of Object.entries(engines)) {
  const engine = await createLocalEngine(options, clock);
  const time = async (
    graph: Uint8Array,
    inputs: ReturnType<typeof input>,
    outputs: string[],
    runs: number,
  ) => {
    const session = await engine.load(graph);
    const micros: number[] = [];
    for (let run = 0; run < 9; run++) {
      const start = performance.now();
      for (let i = 0; i < runs; i++) await session.run(inputs, outputs);
      micros.push(((performance.now() - start) * 1000) / runs);
    }
    await session.release();
    return spread(micros.slice(2));
  };
  const row = await time(
    shippedGraph('breast-cancer'),
    input('features', 1, 30),
    ['label', 'probabilities'],
    3000,
  );
  const products = await time(slow, input('x', 1, 16), ['y'], 5);
  console.log(
    `${name}: a row of the shipped classifier ${row} µs, a chain of matrix products ${products} µs`,
  );
}

const setup: ThreadSetup = {
  engine: { kind: 'wasm', module, intraOpThreads: 1 },
  graph: identity,
  externalData: [],
};
const filename = new URL('../src/inference/thread.ts', import.meta.url).href;
const pool = new Piscina({
  filename,
  workerData: setup,
  minThreads: 1,
  maxThreads: 1,
  recordTiming: false,
});
for (const values of [30, 3 * 224 * 224]) {
  const micros: number[] = [];
  for (let run = 0; run < 9; run++) {
    let elapsed = 0;
    for (let i = 0; i < 300; i++) {
      const inputs = input('x', 1, values);
      const start = performance.now();
      const transferList = inputs.map(({ data }) => data.buffer);
      const { seconds }: ThreadResult = await pool.run(
        { inputs, outputs: ['y'] },
        { name: 'run', transferList },
      );
      elapsed += performance.now() - start - seconds * 1000;
    }
    micros.push((elapsed * 1000) / 300);
  }
  console.log(`to a thread and back with ${values} values: ${spread(micros.slice(2))} µs`);
}
await pool.destroy();
process.exit();
