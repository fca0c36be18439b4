import { describe, expect, it } from 'vitest';
import { NOBODY } from '../../src/cli/nobody.ts';
import { tryModel } from '../../src/cli/try-model.ts';
import { Model } from '../../src/inference/model.ts';
import type { Tensor } from '../../src/inference/tensor.ts';
import type { TensorSpec } from '../../src/inference/types.ts';

/** A model whose graph gives back what it is given, unless that is something it does not take. */
function modelOf(inputs: readonly TensorSpec[], takes: (inputs: readonly Tensor[]) => boolean) {
  return new Model({
    name: 'm',
    version: '1',
    card: undefined,
    sha256: '',
    bytes: 0,
    loadSeconds: 0,
    observer: NOBODY,
    session: {
      inputs,
      outputs: inputs,
      parallelRuns: 1,
      run: async (given) => {
        if (!takes(given)) throw new Error('it does not take that');
        return { outputs: given, seconds: 0, queueSeconds: 0 };
      },
      release: async () => {},
    },
  });
}

const one = (value: unknown) => (inputs: readonly Tensor[]) =>
  inputs.every(({ data }) => String(data[0]) === String(value));
const always = () => true;

describe('a row that a model takes', () => {
  it('is of zeros where it takes them, in the shape of its input', async () => {
    const spec = { name: 'x', datatype: 'FP32', shape: [-1, 2, -1] } as const;
    const trial = await tryModel(modelOf([spec], always));
    expect(trial?.row).toEqual([[0], [0]]);
    expect(trial?.outputs).toMatchObject([{ name: 'x', shape: [1, 2, 1] }]);
  });

  it('is of ones where it refuses zeros', async () => {
    const numbers = { name: 'x', datatype: 'INT64', shape: [-1, 2] } as const;
    expect((await tryModel(modelOf([numbers], one(1))))?.row).toEqual([1, 1]);
    const text = { name: 'x', datatype: 'BYTES', shape: [-1] } as const;
    expect((await tryModel(modelOf([text], one('text'))))?.row).toEqual(['text']);
  });

  it('is an object for a model with several inputs', async () => {
    const inputs = [
      { name: 'on', datatype: 'BOOL', shape: [-1] },
      { name: 'x', datatype: 'FP64', shape: [-1, 2] },
    ] as const;
    expect((await tryModel(modelOf(inputs, always)))?.row).toEqual({ on: false, x: [0, 0] });
  });

  it('is not given where it is too long, or none, but what the model does with one is', async () => {
    const picture = { name: 'x', datatype: 'FP32', shape: [-1, 3, 224, 224] } as const;
    const scalar = { name: 'x', datatype: 'FP32', shape: [] } as const;
    for (const spec of [picture, scalar]) {
      const trial = await tryModel(modelOf([spec], always));
      expect(trial?.row).toBeUndefined();
      expect(trial?.outputs).toHaveLength(1);
    }
  });

  it('is unknown for a model that takes neither', async () => {
    const spec = { name: 'x', datatype: 'FP32', shape: [-1, 2] } as const;
    expect(await tryModel(modelOf([spec], one(2)))).toBeUndefined();
  });
});
