import { describe, expect, it } from 'vitest';
import { parseModelCard } from '../../src/inference/model-card.ts';
import { createPredictionWriter } from '../../src/inference/predictions.ts';
import type { Tensor } from '../../src/inference/tensor.ts';

const spec = (name: string, shape: number[]) => ({ name, datatype: 'FP32' as const, shape });
const floats = (name: string, shape: number[], values: number[]): Tensor => ({
  name,
  datatype: 'FP32',
  shape,
  data: new Float32Array(values),
});
const classifier = (outputs: object) =>
  parseModelCard({ name: 'm', task: 'classification', labels: ['no', 'yes'], outputs });

describe('predictions without a card', () => {
  it('hold every output by its name, in the shape of one row', () => {
    const writer = createPredictionWriter([spec('a', [-1]), spec('b', [-1, 2])], undefined);
    expect(writer.outputs).toEqual(['a', 'b']);
    expect(writer.write([floats('a', [2], [1, 2]), floats('b', [2, 2], [3, 4, 5, 6])], 2)).toEqual([
      { a: 1, b: [3, 4] },
      { a: 2, b: [5, 6] },
    ]);
  });

  it('keep every digit of a 64-bit integer, half precision and booleans as what they are', () => {
    const writer = createPredictionWriter([spec('x', [-1])], undefined);
    const write = (datatype: Tensor['datatype'], data: Tensor['data']) =>
      writer.write([{ name: 'x', datatype, shape: [data.length], data }], data.length);
    expect(write('INT64', new BigInt64Array([7n, 2n ** 53n + 1n]))).toEqual([
      { x: 7 },
      { x: '9007199254740993' },
    ]);
    expect(write('FP16', new Uint16Array([0x3555]))).toEqual([{ x: expect.closeTo(1 / 3, 3) }]);
    expect(write('BOOL', new Uint8Array([1, 0]))).toEqual([{ x: true }, { x: false }]);
    expect(write('BYTES', ['a'])).toEqual([{ x: 'a' }]);
  });

  it('are refused when an output has no entry per row', () => {
    const writer = createPredictionWriter([spec('x', [-1])], undefined);
    expect(() => writer.write([floats('x', [1], [1])], 3)).toThrow(
      "output 'x': expected one entry for each of 3 rows, got shape [1]",
    );
  });
});

describe('predictions of a classifier', () => {
  const probabilities = floats('p', [2, 2], [0.75, 0.25, 0.25, 0.75]);

  it('name the label that the model chose by its place', () => {
    const writer = createPredictionWriter([], classifier({ label: 'l', probabilities: 'p' }));
    const label: Tensor = {
      name: 'l',
      datatype: 'INT64',
      shape: [2],
      data: new BigInt64Array([0n, 1n]),
    };
    expect(writer.write([label, probabilities], 2)).toEqual([
      { label: 'no', probabilities: { no: 0.75, yes: 0.25 } },
      { label: 'yes', probabilities: { no: 0.25, yes: 0.75 } },
    ]);
  });

  it('take a label that is text as it is', () => {
    const writer = createPredictionWriter([], classifier({ label: 'l' }));
    const label: Tensor = { name: 'l', datatype: 'BYTES', shape: [1], data: ['yes'] };
    expect(writer.write([label], 1)).toEqual([{ label: 'yes' }]);
  });

  it('take the likeliest label when the model gives none', () => {
    const writer = createPredictionWriter([], classifier({ probabilities: 'p' }));
    expect(
      writer.write([probabilities], 2).map((row) => ('label' in row ? row.label : '')),
    ).toEqual(['no', 'yes']);
  });
});

describe('predictions of a regressor', () => {
  it.each([[[2, 1]], [[2]]])('are one value per row, given %j', (shape) => {
    const card = parseModelCard({ name: 'm', task: 'regression', outputs: { value: 'v' } });
    const writer = createPredictionWriter([], card);
    expect(writer.write([floats('v', shape, [1, 2])], 2)).toEqual([{ value: 1 }, { value: 2 }]);
  });
});
