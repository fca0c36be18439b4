import { describe, expect, it } from 'vitest';
import type { Tensor } from '../../src/inference/tensor.ts';
import type { Engine } from '../../src/inference/types.ts';
import { createTestApp } from '../helpers/app.ts';
import { post } from '../helpers/golden.ts';
import { memoryStore } from '../helpers/store.ts';

const card = {
  name: 'm',
  task: 'regression',
  features: [{ name: 'x' }],
  outputs: { value: 'y' },
  reference: {
    features: { x: { edges: [1], shares: [0.5, 0.5] } },
    predictions: { edges: [10], shares: [0.5, 0.5] },
  },
};

/** Ten times what comes in, by an engine that takes one row at a time, and 13 not at all. */
const engine: Engine = {
  name: 'fake',
  load: async () => ({
    inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 1] }],
    outputs: [{ name: 'y', datatype: 'FP32', shape: [-1, 1] }],
    parallelRuns: 1,
    run: async ([input]) => {
      const { data, shape } = input as Tensor;
      const values = Array.from(data, Number);
      if (values.length !== 1 || values.includes(13)) throw new Error('not this');
      const outputs = [
        {
          name: 'y',
          datatype: 'FP32',
          shape,
          data: Float32Array.of((values[0] ?? 0) * 10),
        } as const,
      ];
      return { outputs, seconds: 0, queueSeconds: 0 };
    },
    release: async () => {},
  }),
};

describe('rows that are accepted', () => {
  it('are told of once for each request, whatever becomes of the runs that they share', async () => {
    const store = memoryStore({ m: { card, versions: { '1': new Uint8Array([1]) } } });
    const batching = {
      maxRows: 64,
      maxRunMs: 1000,
      maxDelayMs: 0,
      maxQueueRows: 100,
      schedule: (flush: () => void) => void setImmediate(flush),
      now: () => 0,
    };
    const { app } = await createTestApp({}, { store, engine, batching });
    const answers = await Promise.all(
      [0.5, 0.75, 2, 13].map((value) => app.request('/predict', post([value]))),
    );
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 500]);
    // What is refused is not among them.
    expect((await app.request('/predict', post(['one']))).status).toBe(400);

    const text = await (await app.request('/metrics')).text();
    const bins = (metric: string) =>
      [...text.matchAll(new RegExp(`^${metric}\\{.*bin="(.*?)"\\} (\\d+)$`, 'gm'))].map(
        ([, bin, count]) => [bin, Number(count)],
      );
    expect(bins('prediction_feature_bin_total')).toEqual([
      ['1', 2],
      ['+Inf', 2],
      ['missing', 0],
    ]);
    // Of predictions there are as many as there were runs that gave one.
    expect(bins('prediction_output_bin_total')).toEqual([
      ['10', 2],
      ['+Inf', 1],
      ['missing', 0],
    ]);
  });
});
