import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AppError } from '../../src/errors.ts';
import { Batcher, type BatchingOptions, canShareRuns } from '../../src/inference/batcher.ts';
import type { Tensor } from '../../src/inference/tensor.ts';
import type { RunRequest, RunResult, Session } from '../../src/inference/types.ts';

const OPEN = {
  inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 2] }],
  outputs: [{ name: 'y', datatype: 'FP32', shape: [-1, 2] }],
  parallelRuns: 1,
} as const;

/** Rows of two values each; every row starts with its own name. */
function rows(...names: number[]): Tensor {
  const data = new Float32Array(names.flatMap((name) => [name, name / 2]));
  return { name: 'x', datatype: 'FP32', shape: [names.length, 2], data };
}

const request = (input: Tensor, more: Partial<RunRequest> = {}): RunRequest => ({
  inputs: [input],
  outputs: ['y'],
  ...more,
});

/** A batcher in front of a model that doubles, with its schedule and its clock moved by hand. */
function createBench(
  options: Partial<BatchingOptions> = {},
  shapes: Pick<Session, 'inputs' | 'outputs' | 'parallelRuns'> = OPEN,
) {
  const clock = { now: 0 };
  const scheduled: { flush: () => void; delayMs: number }[] = [];
  const runs: number[] = [];
  const cost = { secondsPerRow: 0.001 };
  const faults = { on: undefined as number | undefined, lose: false };
  let gate = Promise.resolve();
  /** Keeps runs that begin from then on from ending, until what it gives is called. */
  const release = {
    hold: () => {
      const { promise, resolve } = Promise.withResolvers<void>();
      gate = promise;
      return resolve;
    },
  };
  const double = async ({ inputs }: RunRequest): Promise<RunResult> => {
    const [input] = inputs;
    if (!input) throw new Error('no input');
    const count = input.shape[0] ?? 0;
    runs.push(count);
    await gate;
    if (Array.from(input.data as Float32Array).includes(faults.on ?? Number.NaN)) {
      throw new AppError('inference_failed', 'poisoned');
    }
    const data = (input.data as Float32Array).map((value) => value * 2);
    const lost = faults.lose && count > 1;
    const output = { ...input, name: 'y', data, shape: lost ? [1, count * 2] : input.shape };
    return { outputs: [output], seconds: cost.secondsPerRow * count, queueSeconds: 0 };
  };
  const reported: number[] = [];
  const report = ({ inputs }: RunRequest) => reported.push(inputs[0]?.shape[0] ?? 0);
  const batcher = new Batcher({ run: double, report }, shapes.parallelRuns, {
    maxRows: canShareRuns(shapes) ? 8 : 0,
    maxRunMs: 50,
    maxDelayMs: 0,
    maxQueueRows: 100,
    schedule: (flush, delayMs) => scheduled.push({ flush, delayMs }),
    now: () => clock.now,
    ...options,
  });
  const run = (wanted: RunRequest) => {
    const result = batcher.run(wanted);
    // A test looks at it later; until then a failure is nobody's.
    result.catch(() => {});
    return result;
  };
  const flushAll = async () => {
    for (let flush = scheduled.shift(); flush; flush = scheduled.shift()) {
      flush.flush();
      // The run and its answers take a few turns of the microtask queue.
      await new Promise(setImmediate);
    }
  };
  const admit = () => batcher.admit();
  return {
    batcher: { admit, run },
    release,
    clock,
    scheduled,
    runs,
    reported,
    cost,
    faults,
    flushAll,
  };
}

const values = ({ outputs }: RunResult) => Array.from(outputs[0]?.data as Float32Array);
const settled = (promises: Promise<RunResult>[]) =>
  Promise.all(
    promises.map((promise) =>
      promise.then(values, (error: unknown) => (error instanceof AppError ? error.code : error)),
    ),
  );

describe('requests that wait together', () => {
  it('share one run, and each gets its own rows', async () => {
    const { batcher, runs, flushAll } = createBench();
    const results = [rows(1), rows(2, 3), rows(4)].map((input) => batcher.run(request(input)));
    await flushAll();
    expect(await settled(results)).toEqual([
      [2, 1],
      [4, 2, 6, 3],
      [8, 4],
    ]);
    expect(runs).toEqual([4]);
  });

  it('never make a run of more rows than allowed, but for one request that has more', async () => {
    const { batcher, runs, flushAll } = createBench({ maxRows: 3 });
    const sizes = [2, 2, 1, 5, 1];
    const results = sizes.map((size) => batcher.run(request(rows(...new Array(size).fill(1)))));
    await flushAll();
    await settled(results);
    expect(runs).toEqual([2, 3, 5, 1]);
  });

  it('share a run only as far as it is expected to stay short', async () => {
    const { batcher, runs, cost, flushAll } = createBench();
    cost.secondsPerRow = 0.02;
    const ask = async () => {
      const results = [1, 2, 3, 4].map((name) => batcher.run(request(rows(name))));
      await flushAll();
      await settled(results);
    };
    // What a run costs is not known yet; then two rows fit into 50 ms.
    await ask();
    await ask();
    expect(runs).toEqual([4, 2, 2]);
    // A slow model may have become a fast one, and is found out by the runs that it has.
    cost.secondsPerRow = 0.002;
    await ask();
    await ask();
    expect(runs.slice(3)).toEqual([2, 2, 4]);
  });

  it('start as many runs at once as the model takes', async () => {
    const waiting: (() => void)[] = [];
    const run = async ({ inputs }: RunRequest) => {
      await new Promise<void>((resolve) => waiting.push(resolve));
      return { outputs: [...inputs], seconds: 0, queueSeconds: 0 };
    };
    const scheduled: (() => void)[] = [];
    const batcher = new Batcher({ run, report: () => {} }, 2, {
      maxRows: 1,
      maxRunMs: 50,
      maxDelayMs: 0,
      maxQueueRows: 100,
      schedule: (flush) => scheduled.push(flush),
      now: () => 0,
    });
    const flushAll = () => {
      for (let flush = scheduled.shift(); flush; flush = scheduled.shift()) flush();
    };
    const results = [1, 2, 3].map((name) => batcher.run(request(rows(name))));
    flushAll();
    expect(waiting).toHaveLength(2);
    waiting.shift()?.();
    await results[0];
    await new Promise(setImmediate);
    flushAll();
    expect(waiting).toHaveLength(2);
    for (const end of waiting) end();
    expect(await settled(results)).toEqual([
      [1, 0.5],
      [2, 1],
      [3, 1.5],
    ]);
  });

  it('may have no rows, and then hold nobody up', async () => {
    const { batcher, flushAll } = createBench();
    const empty = batcher.run(request(rows()));
    await flushAll();
    const next = batcher.run(request(rows(1)));
    await flushAll();
    const both = [batcher.run(request(rows())), batcher.run(request(rows(2)))];
    await flushAll();
    expect(await settled([empty, next, ...both])).toEqual([[], [2, 1], [], [4, 2]]);
  });

  it('do not share when they want other outputs or differ in more than rows', async () => {
    const { batcher, runs, flushAll } = createBench(
      {},
      {
        inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, -1] }],
        outputs: OPEN.outputs,
        parallelRuns: 1,
      },
    );
    const wide: Tensor = { ...rows(1), shape: [1, 1], data: new Float32Array([1]) };
    const results = [
      batcher.run(request(rows(1))),
      batcher.run(request(wide)),
      batcher.run(request(rows(2), { outputs: ['y', 'z'] })),
      batcher.run(request(rows(3))),
    ];
    await flushAll();
    await settled(results);
    expect(runs).toEqual([2, 1, 1]);
  });

  it('do not share a run of a model whose rows are fixed', async () => {
    const { batcher, runs, flushAll } = createBench(
      {},
      {
        inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 2] }],
        outputs: OPEN.outputs,
        parallelRuns: 1,
      },
    );
    const results = [batcher.run(request(rows(1))), batcher.run(request(rows(2)))];
    await flushAll();
    expect(await settled(results)).toEqual([
      [2, 1],
      [4, 2],
    ]);
    expect(runs).toEqual([1, 1]);
  });

  it('are run one by one when their run fails, so that only the guilty one fails', async () => {
    const { batcher, runs, reported, faults, flushAll } = createBench();
    faults.on = 66;
    const results = [1, 66, 3].map((name) => batcher.run(request(rows(name))));
    await flushAll();
    expect(await settled(results)).toEqual([[2, 1], 'inference_failed', [6, 3]]);
    expect(runs).toEqual([3, 1, 1, 1]);
    expect(reported).toEqual([1, 1]);
  });

  it('are run one by one when the outputs cannot be told apart', async () => {
    const { batcher, runs, reported, faults, flushAll } = createBench();
    faults.lose = true;
    const results = [1, 2].map((name) => batcher.run(request(rows(name))));
    await flushAll();
    expect(await settled(results)).toEqual([
      [2, 1],
      [4, 2],
    ]);
    expect(runs).toEqual([2, 1, 1]);
    // Only what was answered with counts: nobody's rows were predicted twice.
    expect(reported).toEqual([1, 1]);
  });
});

describe('waiting', () => {
  it('ends with what is there when the delay is 0', () => {
    const { batcher, scheduled } = createBench();
    void batcher.run(request(rows(1)));
    void batcher.run(request(rows(2)));
    expect(scheduled.map(({ delayMs }) => delayMs)).toEqual([0]);
  });

  it('ends after the delay, or as soon as a run is full', () => {
    const { batcher, scheduled } = createBench({ maxDelayMs: 20, maxRows: 3 });
    void batcher.run(request(rows(1)));
    void batcher.run(request(rows(2)));
    expect(scheduled.map(({ delayMs }) => delayMs)).toEqual([20]);
    void batcher.run(request(rows(3)));
    expect(scheduled.map(({ delayMs }) => delayMs)).toEqual([20, 0]);
  });

  it('is told to each request', async () => {
    const { batcher, clock, flushAll } = createBench();
    const first = batcher.run(request(rows(1)));
    clock.now = 30;
    const second = batcher.run(request(rows(2)));
    clock.now = 40;
    await flushAll();
    expect((await first).queueSeconds).toBeCloseTo(0.04);
    expect((await second).queueSeconds).toBeCloseTo(0.01);
    expect((await second).seconds).toBe(0.002);
  });

  it('is bounded in rows that wait or run; what comes then is turned away', async () => {
    const { batcher, runs, release, flushAll } = createBench({ maxQueueRows: 4, maxRows: 3 });
    const ask = (input: Tensor) => {
      batcher.admit();
      return batcher.run(request(input));
    };
    const results = [ask(rows(1, 2, 3)), ask(rows(4))];
    expect(() => ask(rows(5))).toThrow('4 rows wait or run already, where at most 4 may');
    const held = release.hold();
    await flushAll();
    expect(runs).toEqual([3]);
    expect(() => ask(rows(5))).toThrow('4 rows wait or run already');
    held();
    await new Promise(setImmediate);
    await flushAll();
    await settled(results);
    // However many rows it has: who is let in is let in with all of them.
    const large = [ask(rows(1)), ask(rows(1, 2, 3, 4, 5, 6))];
    await flushAll();
    expect(await settled(large)).toMatchObject([[2, 1], { length: 12 }]);
  });

  it('does not count those whom nobody waits for any more, and looks for them no more often than it pays', async () => {
    const { batcher, clock, runs, flushAll } = createBench({ maxQueueRows: 2 });
    let asked = 0;
    const isGone = () => {
      asked++;
      return clock.now >= 60;
    };
    const gone = [1, 2].map((name) => batcher.run(request(rows(name), { isGone })));
    for (let attempt = 0; attempt < 5; attempt++) {
      expect(() => batcher.admit()).toThrow(expect.objectContaining({ code: 'overloaded' }));
    }
    expect(asked).toBe(2);
    clock.now = 60;
    batcher.admit();
    const last = batcher.run(request(rows(3)));
    await flushAll();
    expect(await settled([...gone, last])).toEqual(['cancelled', 'cancelled', [6, 3]]);
    expect(runs).toEqual([1]);
  });

  it('is not followed by a run for a request whose time is up or whose client has gone', async () => {
    const { batcher, clock, runs, flushAll } = createBench();
    const results = [
      batcher.run(request(rows(1), { deadline: 10 })),
      batcher.run(request(rows(2), { isGone: () => true })),
      batcher.run(request(rows(3), { deadline: 11, isGone: () => false })),
    ];
    clock.now = 10;
    await flushAll();
    expect(await settled(results)).toEqual(['timeout', 'cancelled', [6, 3]]);
    expect(runs).toEqual([1]);
  });

  it('ends at its deadline, whether it still waits or runs already', async () => {
    const looks: (() => void)[] = [];
    const { batcher, clock, runs, release, flushAll } = createBench({
      maxRows: 1,
      wait: (_, callback) => looks.push(callback),
    });
    const results = [
      batcher.run(request(rows(1), { deadline: 100 })),
      batcher.run(request(rows(2), { deadline: 100 })),
      batcher.run(request(rows(3), { deadline: 500 })),
    ];
    const held = release.hold();
    await flushAll();
    expect(runs).toEqual([1]);
    clock.now = 99;
    looks.shift()?.();
    expect(looks).toHaveLength(1);
    clock.now = 100;
    looks.shift()?.();
    expect(await settled(results.slice(0, 2))).toEqual(['timeout', 'timeout']);
    held();
    await new Promise(setImmediate);
    await flushAll();
    expect(await settled(results.slice(2))).toEqual([[6, 3]]);
    expect(runs).toEqual([1, 1]);
    looks.shift()?.();
    // With nothing left to be answered nobody looks any more.
    expect(looks).toEqual([]);
  });

  it('is fair: what cannot share a run is not overtaken by what comes later', async () => {
    const { batcher, runs, flushAll } = createBench({ maxRows: 2 });
    const results = [
      batcher.run(request(rows(1, 1))),
      batcher.run(request(rows(1, 1))),
      batcher.run(request(rows(9), { outputs: ['z'] })),
      batcher.run(request(rows(1, 1))),
    ];
    await flushAll();
    await settled(results);
    expect(runs).toEqual([2, 1, 2, 2]);
  });
});

describe('any requests in any order', () => {
  const step = fc.record({
    size: fc.integer({ min: 0, max: 6 }),
    poisoned: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
    flush: fc.boolean(),
  });

  it('each get exactly the outputs of their own rows', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 1, maxLength: 40 }),
        fc.integer({ min: 1, max: 12 }),
        async (steps, maxRows) => {
          const { batcher, faults, flushAll } = createBench({ maxRows, maxQueueRows: 1000 });
          faults.on = 4096;
          let next = 1;
          const expected: unknown[] = [];
          const results: Promise<RunResult>[] = [];
          for (const { size, poisoned, flush } of steps) {
            const names = Array.from({ length: size }, () => next++);
            if (poisoned) names[0] = 4096;
            results.push(batcher.run(request(rows(...names))));
            const own = names.flatMap((name) => [name * 2, name]);
            expected.push(poisoned ? 'inference_failed' : own);
            if (flush) void flushAll();
          }
          const outcome = settled(results);
          await flushAll();
          while (true) {
            const done = await Promise.race([
              outcome.then(() => true),
              flushAll().then(() => false),
            ]);
            if (done) break;
          }
          expect(await outcome).toEqual(expected);
        },
      ),
      { numRuns: 200 },
    );
  });
});
