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
    expect(writer.write([floats('a', [2], [1, 2]), floats('b', [2, 2], [3, 4, 5, 6])], 2)).toEqual({
      predictions: [
        { a: 1, b: [3, 4] },
        { a: 2, b: [5, 6] },
      ],
    });
  });

  it('keep every digit of a 64-bit integer, half precision and booleans as what they are', () => {
    const writer = createPredictionWriter([spec('x', [-1])], undefined);
    const write = (datatype: Tensor['datatype'], data: Tensor['data']) =>
      writer.write([{ name: 'x', datatype, shape: [data.length], data }], data.length).predictions;
    expect(write('INT64', new BigInt64Array([7n, 2n ** 53n + 1n]))).toEqual([
      { x: 7 },
      { x: '9007199254740993' },
    ]);
    expect(write('FP16', new Uint16Array([0x3555]))).toEqual([{ x: expect.closeTo(1 / 3, 3) }]);
    expect(write('BOOL', new Uint8Array([1, 0]))).toEqual([{ x: true }, { x: false }]);
    expect(write('BYTES', ['a'])).toEqual([{ x: 'a' }]);
  });

  it('leave what has no entry per row to stand beside them', () => {
    const writer = createPredictionWriter([spec('x', [-1]), spec('sum', [])], undefined);
    expect(writer.write([floats('x', [2], [1, 2]), floats('sum', [], [3])], 2)).toEqual({
      predictions: [{ x: 1 }, { x: 2 }],
      outputs: { sum: 3 },
    });
  });
});

describe('predictions of a classifier', () => {
  const probabilities = floats('p', [2, 2], [0.75, 0.25, 0.25, 0.75]);
  const number = (values: bigint[]): Tensor => ({
    name: 'l',
    datatype: 'INT64',
    shape: [values.length],
    data: new BigInt64Array(values),
  });
  const labels = (card: ReturnType<typeof classifier>, tensors: Tensor[], rows: number) =>
    createPredictionWriter([], card)
      .write(tensors, rows)
      .predictions.map((row) => ('label' in row ? row.label : undefined));

  it('carry the probability of every label', () => {
    const card = classifier({ label: 'l', probabilities: 'p' });
    expect(createPredictionWriter([], card).write([number([0n, 1n]), probabilities], 2)).toEqual({
      predictions: [
        { label: 'no', probabilities: { no: 0.75, yes: 0.25 } },
        { label: 'yes', probabilities: { no: 0.25, yes: 0.75 } },
      ],
    });
  });

  it('carry every label, also one that JavaScript has a meaning for', () => {
    const names = ['__proto__', 'constructor'];
    const card = parseModelCard({
      name: 'm',
      task: 'classification',
      labels: names,
      outputs: { probabilities: 'p' },
    });
    const written = createPredictionWriter([], card).write([probabilities], 2);
    expect(JSON.stringify(written.predictions)).toBe(
      '[{"label":"__proto__","probabilities":{"__proto__":0.75,"constructor":0.25}},' +
        '{"label":"constructor","probabilities":{"__proto__":0.25,"constructor":0.75}}]',
    );
  });

  it('take a label that is text as it is', () => {
    const text: Tensor = { name: 'l', datatype: 'BYTES', shape: [1], data: ['yes'] };
    expect(labels(classifier({ label: 'l' }), [text], 1)).toEqual(['yes']);
  });

  it('take a number that is the name of a label for that label', () => {
    const card = parseModelCard({
      name: 'm',
      task: 'classification',
      labels: ['1', '2'],
      outputs: { label: 'l', probabilities: 'p' },
    });
    expect(labels(card, [number([2n, 1n]), probabilities], 2)).toEqual(['2', '1']);
  });

  it('go by probability where a number may be a class that does not count from 0', () => {
    const card = classifier({ label: 'l', probabilities: 'p' });
    expect(labels(card, [number([1n, 2n]), probabilities], 2)).toEqual(['no', 'yes']);
  });

  it('take a number for a place where nothing else is known, and refuse one that is none', () => {
    expect(labels(classifier({ label: 'l' }), [number([1n, 0n])], 2)).toEqual(['yes', 'no']);
    expect(() => labels(classifier({ label: 'l' }), [number([2n])], 1)).toThrow(
      "output 'l': expected one of 2 classes, got 2",
    );
  });

  it('take the likeliest label when the model gives none', () => {
    expect(labels(classifier({ probabilities: 'p' }), [probabilities], 2)).toEqual(['no', 'yes']);
  });

  it('are refused when outputs are not of the size that the card says', () => {
    const card = classifier({ probabilities: 'p' });
    expect(() => labels(card, [floats('p', [2, 3], [1, 0, 0, 1, 0, 0])], 2)).toThrow(
      "output 'p': expected 2 probabilities per row, got shape [2, 3]",
    );
    expect(() => labels(card, [probabilities], 3)).toThrow(
      "output 'p': expected one entry for each of 3 rows, got shape [2, 2]",
    );
  });
});

describe('predictions of a regressor', () => {
  it.each([[[2, 1]], [[2]]])('are one value per row, given %j', (shape) => {
    const card = parseModelCard({ name: 'm', task: 'regression', outputs: { value: 'v' } });
    expect(createPredictionWriter([], card).write([floats('v', shape, [1, 2])], 2)).toEqual({
      predictions: [{ value: 1 }, { value: 2 }],
    });
  });
});
