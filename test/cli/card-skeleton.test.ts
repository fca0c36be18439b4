import { describe, expect, it } from 'vitest';
import { sketchCard, type Wishes } from '../../src/cli/card-skeleton.ts';
import type { Tensor } from '../../src/inference/tensor.ts';
import type { TensorSpec } from '../../src/inference/types.ts';

const spec = (name: string, datatype: TensorSpec['datatype'], ...shape: number[]): TensorSpec => ({
  name,
  datatype,
  shape,
});
const floats = (name: string, shape: number[], ...values: number[]): Tensor => ({
  name,
  datatype: 'FP32',
  shape,
  data: Float32Array.from(values),
});

const x = spec('x', 'FP32', -1, 2);

/** The sketch of a model with one input, of two features unless another is given. */
function sketch(
  outputs: readonly TensorSpec[],
  { came, wishes = {}, input = x }: { came?: Tensor[]; wishes?: Wishes; input?: TensorSpec } = {},
) {
  const trial = came && { row: [0, 0], outputs: came };
  return sketchCard('m', { inputs: [input], outputs, trial }, wishes);
}

const label = spec('label', 'INT64', -1);
const untold = { why: expect.stringMatching(/^its outputs do not tell its task/) };

describe('the skeleton of a card', () => {
  it('is of a classifier for a label and probabilities, also where only a run tells how many', () => {
    const outputs = { label: 'label', probabilities: 'p' };
    const labels = ['class 0', 'class 1', 'class 2'];
    expect(sketch([label, spec('p', 'FP32', -1, 3)])).toMatchObject({ card: { labels, outputs } });
    expect(
      sketch([label, spec('p', 'FP32', -1, -1)], { came: [floats('p', [1, 3], 0.2, 0.2, 0.6)] }),
    ).toMatchObject({ card: { task: 'classification', labels, outputs, examples: [[0, 0]] } });
    expect(sketch([label, spec('p', 'FP32', -1, -1)])).toEqual({
      why: 'the graph does not say how many classes there are (--labels names them)',
    });
  });

  it('is of a classifier for one output that came as probabilities, and not for other numbers', () => {
    const only = [spec('y', 'FP32', -1, 2)];
    expect(sketch(only, { came: [floats('y', [1, 2], 0.25, 0.75)] })).toMatchObject({
      card: { task: 'classification', outputs: { probabilities: 'y' } },
    });
    expect(sketch(only, { came: [floats('y', [1, 2], -1, 2)] })).toEqual(untold);
    expect(sketch(only, { came: [floats('y', [1, 2], 0, 0)] })).toEqual(untold);
    expect(sketch(only)).toEqual(untold);
  });

  it('is of a regressor for one number per row', () => {
    const card = { name: 'm', task: 'regression', outputs: { value: 'y' } };
    expect(sketch([spec('y', 'FP64', -1)])).toMatchObject({ card });
    expect(sketch([spec('y', 'FP32', -1, 1)])).toMatchObject({ card });
    expect(sketch([spec('y', 'FP32', 1, 1)])).toMatchObject({ card });
    expect(sketch([spec('y', 'FP32')])).toEqual(untold);
    expect(sketch([spec('y', 'FP32', 4, 1)])).toEqual(untold);
    expect(sketch([spec('y', 'INT64', -1)])).toEqual(untold);
  });

  it('takes no width for the graph that a row of any width has brought about', () => {
    const input = spec('x', 'FP32', -1, -1);
    const came = [floats('y', [1, 1], 0)];
    expect(sketch([spec('y', 'FP32', -1, -1)], { input, came })).toEqual(untold);
  });

  it('leaves boxes and their labels alone, which are no probabilities of rows', () => {
    const came = [floats('boxes', [100, 4], ...new Array(400).fill(0))];
    expect(sketch([spec('boxes', 'FP32', -1, 4), label], { came })).toEqual(untold);
  });

  it('names features where rows are so many values, and not too many', () => {
    const of = (input: TensorSpec) => sketch([spec('y', 'FP32', -1)], { input }).card;
    expect(of(x)).toMatchObject({ features: [{ name: 'feature 1' }, { name: 'feature 2' }] });
    for (const shape of [[-1], [-1, -1], [-1, 257], [-1, 2, 2]]) {
      expect(of(spec('x', 'FP32', ...shape))).not.toHaveProperty('features');
    }
  });

  it('does what is wished where the outputs leave it open', () => {
    const logits = [spec('logits', 'FP32', -1, 2)];
    expect(sketch(logits, { wishes: { labels: ['a', 'b'] } })).toMatchObject({
      card: { task: 'classification', labels: ['a', 'b'], outputs: { probabilities: 'logits' } },
    });
    expect(sketch(logits, { wishes: { task: 'classification' } })).toMatchObject({
      card: { labels: ['class 0', 'class 1'] },
    });
    const words = [spec('next', 'FP32', -1, 50_000)];
    expect(sketch(words, { wishes: { task: 'classification' } })).toEqual({
      why: 'it has 50000 classes, too many to fill in (--labels names them)',
    });
  });
});
