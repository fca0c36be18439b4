import diagnostics from 'node:diagnostics_channel';
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Worker } from 'node:worker_threads';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runningClock as clock } from '../../src/clock.ts';
import { createWasmEngine } from '../../src/inference/onnx.ts';
import type { Tensor } from '../../src/inference/tensor.ts';
import { createThreadedEngine } from '../../src/inference/threads.ts';
import type { Engine, Session } from '../../src/inference/types.ts';
import { shippedGraph } from '../helpers/store.ts';

const slowGraph = readFileSync('test/models/slow.onnx');
/** Every thread that is started, as Node announces it. */
const started: Worker[] = [];
const announce = (message: unknown) => started.push((message as { worker: Worker }).worker);

let own: Engine;
let module: WebAssembly.Module;
let engine: Engine;
const loaded: Session[] = [];

async function load(graph: Uint8Array): Promise<Session> {
  const session = await engine.load(graph);
  loaded.push(session);
  return session;
}

beforeAll(async () => {
  diagnostics.subscribe('worker_threads', announce);
  const wasm = fileURLToPath(import.meta.resolve('onnxruntime-web/ort-wasm-simd-threaded.wasm'));
  module = await WebAssembly.compile(await readFile(wasm));
  own = await createWasmEngine({ clock, module });
  engine = createThreadedEngine({
    own,
    engine: { kind: 'wasm', module, intraOpThreads: 1 },
    threads: 2,
  });
});

afterAll(async () => {
  diagnostics.unsubscribe('worker_threads', announce);
  await Promise.all(loaded.map((session) => session.release()));
});

/** A row for the slow model, which gives the mean of its values. */
const row = (value: number): Tensor[] => [
  { name: 'x', datatype: 'FP32', shape: [1, 16], data: new Float32Array(16).fill(value) },
];
const features = (rows: number): Tensor[] => {
  const data = Float32Array.from({ length: rows * 30 }, (_, i) => (i * 37) % 101);
  return [{ name: 'features', datatype: 'FP32', shape: [rows, 30], data }];
};

describe('a model that never ends', () => {
  it('is given up after its time, in a thread, and keeps nobody waiting', async () => {
    const bounded = createThreadedEngine({
      own,
      engine: { kind: 'wasm', module, intraOpThreads: 1 },
      threads: 1,
      longestFirstRunMs: 1000,
    });
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    const error = await bounded
      .load(readFileSync('test/models/endless.onnx'))
      .catch((thrown: unknown) => thrown);
    clearInterval(timer);
    expect(error).toMatchObject({
      fault: 'failed_run',
      message: 'its first run, on zeros, had not ended after 1 s',
    });
    expect(turns).toBeGreaterThan(100);
  });
});

describe('a model whose runs are long', () => {
  it('runs in threads, as many runs at once as there are threads, and leaves its caller free', async () => {
    const session = await load(slowGraph);
    expect(session.parallelRuns).toBe(2);
    let turns = 0;
    let running = true;
    const count = () => {
      turns++;
      if (running) setImmediate(count);
    };
    setImmediate(count);
    const results = await Promise.all([3, 4, 5].map((x) => session.run(row(x), ['y'])));
    running = false;
    expect(results.map(({ outputs }) => Array.from(outputs[0]?.data as Float32Array))).toEqual([
      [3],
      [4],
      [5],
    ]);
    expect(turns).toBeGreaterThan(100);
    for (const { seconds } of results) expect(seconds).toBeGreaterThan(0);
    // The third had to wait for one of the others.
    expect(results[2]?.queueSeconds).toBeGreaterThan(results[0]?.queueSeconds ?? 0);
  });

  it('loses the run of a thread that dies, and no other', async () => {
    started.length = 0;
    const session = await load(slowGraph);
    expect(started).toHaveLength(2);
    // Both threads are ready, and both are at work.
    await Promise.all([1, 2].map((x) => session.run(row(x), ['y'])));
    const runs = [6, 7].map((x) => session.run(row(x), ['y']));
    const ends = Promise.allSettled(runs);
    await started[0]?.terminate();
    const [lost, kept] = (await ends).toSorted((a, b) => (a.status > b.status ? -1 : 1));
    expect(lost).toMatchObject({ status: 'rejected', reason: { message: /exited/ } });
    expect(kept).toMatchObject({ status: 'fulfilled' });

    const after = await Promise.all([8, 9].map((x) => session.run(row(x), ['y'])));
    expect(after.map(({ outputs }) => outputs[0]?.data[0])).toEqual([8, 9]);
    expect(started).toHaveLength(3);
  });

  it('is released at once when its thread has died with a run in it', async () => {
    started.length = 0;
    const bounded = createThreadedEngine({
      own,
      engine: { kind: 'wasm', module, intraOpThreads: 1 },
      threads: 1,
    });
    const session = await bounded.load(slowGraph);
    const run = session.run(row(6), ['y']);
    run.catch(() => {});
    await started[0]?.terminate();
    await session.release();
    await expect(run).rejects.toThrow();
  });

  it('is cut off when a run takes longer than anybody waits for it, and goes on in another thread', async () => {
    started.length = 0;
    const bounded = createThreadedEngine({
      own,
      engine: { kind: 'wasm', module, intraOpThreads: 1 },
      threads: 1,
      longestRunMs: 1500,
    });
    const session = await bounded.load(slowGraph);
    loaded.push(session);
    const rows = 1000;
    const data = new Float32Array(rows * 16).fill(1);
    const long: Tensor[] = [{ name: 'x', datatype: 'FP32', shape: [rows, 16], data }];
    await expect(session.run(long, ['y'])).rejects.toThrow('aborted');
    const { outputs } = await session.run(row(3), ['y']);
    expect(outputs[0]?.data[0]).toBe(3);
    expect(started).toHaveLength(2);
  });

  it('may have several threads work on one run', async () => {
    started.length = 0;
    const divided = createThreadedEngine({
      own,
      engine: { kind: 'wasm', module, intraOpThreads: 2 },
      threads: 1,
    });
    const session = await divided.load(slowGraph);
    loaded.push(session);
    const { outputs } = await session.run(row(3), ['y']);
    expect(outputs[0]?.data[0]).toBe(3);
  });

  it('says why its graph cannot be loaded, wherever it is loaded', async () => {
    const padding = new Uint8Array(5 * 1024 * 1024);
    const error = await engine.load(padding).catch((error: unknown) => error);
    expect(error).toMatchObject({ name: 'ModelError', fault: 'bad_graph' });
  });

  it('ends its threads when it is released', async () => {
    started.length = 0;
    const session = await engine.load(slowGraph);
    const exits = started.map((worker) => new Promise((resolve) => worker.once('exit', resolve)));
    await session.release();
    expect(await Promise.all(exits)).toHaveLength(2);
  });
});

describe('a model whose runs are short', () => {
  it('runs in the own thread, and its large requests in another, with the same numbers', async () => {
    started.length = 0;
    const session = await load(shippedGraph('breast-cancer'));
    const plain = await own.load(shippedGraph('breast-cancer'));
    const names = ['label', 'probabilities'];
    const [small, expectedSmall] = await Promise.all(
      [session, plain].map((each) => each.run(features(1), names)),
    );
    expect(small?.outputs).toEqual(expectedSmall?.outputs);
    expect(started).toHaveLength(0);

    const [large, expectedLarge] = await Promise.all(
      [session, plain].map((each) => each.run(features(100_000), names)),
    );
    expect(large?.outputs).toEqual(expectedLarge?.outputs);
    expect(started).toHaveLength(1);
    await plain.release();
  });
});

describe('WebAssembly that has trapped', () => {
  it('in the own thread is not used again: every model goes on in threads', async () => {
    const names = ['label', 'probabilities'];
    const trap = { next: false };
    // The real engine, whose next run traps as one does that leaves its memory.
    const trapping: Engine = {
      ...own,
      load: async (graph, externalData) => {
        const session = await own.load(graph, externalData);
        const run: Session['run'] = async (inputs, outputs) => {
          if (trap.next) throw new WebAssembly.RuntimeError('unreachable');
          return session.run(inputs, outputs);
        };
        const { inputs, outputs, parallelRuns } = session;
        return { inputs, outputs, parallelRuns, run, release: () => session.release() };
      },
    };
    const trapped = createThreadedEngine({
      own: trapping,
      engine: { kind: 'wasm', module, intraOpThreads: 1 },
      threads: 1,
    });
    const [session, other] = [
      await trapped.load(shippedGraph('breast-cancer')),
      await trapped.load(shippedGraph('breast-cancer')),
    ];
    loaded.push(session, other);
    const expected = await session.run(features(1), names);
    trap.next = true;
    await expect(session.run(features(1), names)).rejects.toThrow('unreachable');
    started.length = 0;
    for (const each of [session, other]) {
      expect((await each.run(features(1), names)).outputs).toEqual(expected.outputs);
    }
    expect(started).toHaveLength(2);
  });
});
