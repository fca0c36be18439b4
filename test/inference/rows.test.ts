import { describe, expect, it } from 'vitest';
import { createRowReader } from '../../src/inference/rows.ts';
import type { Datatype } from '../../src/inference/tensor.ts';

const input = (datatype: Datatype, shape: number[], name = 'x') => ({ name, datatype, shape });

/** Reads rows of one input without a card. */
const read = (datatype: Datatype, shape: number[], rows: unknown[]) =>
  createRowReader([input(datatype, shape)], undefined)(rows)[0];

describe('rows of one input', () => {
  it('take the shape behind the first dimension', () => {
    const images = [
      [
        [1, 2],
        [3, 4],
      ],
      [
        [5, 6],
        [7, 8],
      ],
    ];
    expect(read('FP32', [-1, 2, 2], images)).toEqual({
      name: 'x',
      datatype: 'FP32',
      shape: [2, 2, 2],
      data: new Float32Array([1, 2, 3, 4, 5, 6, 7, 8]),
    });
  });

  it('settle an open dimension by the first row', () => {
    expect(read('FP64', [-1, -1], [[1, 2, 3]])?.shape).toEqual([1, 3]);
    expect(() => read('FP64', [-1, -1], [[1, 2, 3], [4]])).toThrow(
      "input 'x': expected 3 values per row, row 1 has 1",
    );
  });

  it('may be bare values where a row holds one', () => {
    expect(read('BYTES', [-1], ['a', 'b'])).toMatchObject({ shape: [2], data: ['a', 'b'] });
    expect(read('BYTES', [-1, 1], ['a', ['b']])).toMatchObject({ shape: [2, 1], data: ['a', 'b'] });
  });

  it('may be objects of the input name', () => {
    expect(read('FP32', [-1, 2], [{ x: [1, 2] }, [3, 4]])?.data).toEqual(
      new Float32Array([1, 2, 3, 4]),
    );
  });

  it('say where a nested row has the wrong size or depth', () => {
    expect(() => read('FP32', [-1, 2, 2], [[[1, 2], [3]]])).toThrow(
      "input 'x': expected rows of shape [2, 2], row 0 has 1 in dimension 2",
    );
    expect(() => read('FP32', [-1, 2, 2], [[[1, 2], 3]])).toThrow(
      "input 'x': expected rows of shape [2, 2], row 0 has 3 in dimension 1",
    );
    expect(() => read('FP32', [-1, 2, 2], [7])).toThrow(
      "input 'x': expected rows of shape [2, 2], row 0 is 7",
    );
  });

  it('are not what a model with a scalar input takes', () => {
    expect(() => read('FP32', [], [1])).toThrow(
      "input 'x' is a scalar, so the model does not take rows",
    );
  });
});

describe('values', () => {
  it.each<[Datatype, unknown[], ArrayLike<unknown>]>([
    ['BOOL', [true, false], new Uint8Array([1, 0])],
    ['UINT8', [0, 255], new Uint8Array([0, 255])],
    ['INT8', [-128, 127], new Int8Array([-128, 127])],
    ['UINT16', [0, 65535], new Uint16Array([0, 65535])],
    ['INT16', [-32768, 32767], new Int16Array([-32768, 32767])],
    ['UINT32', [0, 4294967295], new Uint32Array([0, 4294967295])],
    ['INT32', [-2147483648, 2147483647], new Int32Array([-2147483648, 2147483647])],
    ['UINT64', [0, 9007199254740991], new BigUint64Array([0n, 9007199254740991n])],
    ['INT64', [-9007199254740991, 1], new BigInt64Array([-9007199254740991n, 1n])],
    ['FP16', [1, 65504], new Uint16Array([0x3c00, 0x7bff])],
    ['FP32', [0.5, -1e30], new Float32Array([0.5, -1e30])],
    ['FP64', [1e300, 5e-324], new Float64Array([1e300, 5e-324])],
    ['BYTES', ['', 'naïve 🙂'], ['', 'naïve 🙂']],
  ])('of %s are held as they are', (datatype, values, held) => {
    expect(read(datatype, [-1, 2], [values])?.data).toEqual(held);
  });

  it.each<[Datatype, unknown, string]>([
    ['BOOL', 1, 'expected true or false, got 1'],
    ['UINT8', 256, 'expected a number that UINT8 can hold, got 256'],
    ['UINT8', -1, 'expected a number that UINT8 can hold, got -1'],
    ['INT8', 1.5, 'expected a number that INT8 can hold, got 1.5'],
    ['INT32', 2 ** 31, 'expected a number that INT32 can hold, got 2147483648'],
    ['INT32', '7', 'expected an integer, got the string "7"'],
    ['INT64', 2 ** 53, 'expected a number that INT64 can hold, got 9007199254740992'],
    ['UINT64', -1, 'expected a number that UINT64 can hold, got -1'],
    ['FP16', 65520, 'expected a number that FP16 can hold, got 65520'],
    ['FP64', {}, 'expected a number, got an object'],
    ['BYTES', 7, 'expected a string, got 7'],
    ['BYTES', null, 'expected a string, got null'],
    ['FP32', 'x'.repeat(50), `expected a number, got the string "${'x'.repeat(40)}…"`],
  ])('of %s do not take %j', (datatype, value, message) => {
    expect(() => read(datatype, [-1, 2], [[value, value]])).toThrow(
      `row 0, input 'x', value 0: ${message}`,
    );
  });
});

describe('rows of several inputs', () => {
  const inputs = [input('FP32', [-1, 1], 'age'), input('BYTES', [-1, 1], 'city')];
  const reader = createRowReader(inputs, undefined);

  it('are objects of the input names', () => {
    const rows = [
      { age: 31, city: 'Oslo' },
      { city: ['Lima'], age: [32] },
    ];
    expect(reader(rows)).toEqual([
      { name: 'age', datatype: 'FP32', shape: [2, 1], data: new Float32Array([31, 32]) },
      { name: 'city', datatype: 'BYTES', shape: [2, 1], data: ['Oslo', 'Lima'] },
    ]);
  });

  it.each([
    [[31, 'Oslo'], "row 0: expected an object with the inputs 'age', 'city', got an array"],
    [{ age: 31 }, "row 0: missing input 'city'"],
    [{ age: 31, city: 'Oslo', zip: 1 }, "row 0: unknown input 'zip'"],
    [
      { age: '31', city: 'Oslo' },
      'row 0, input \'age\', value 0: expected a number, got the string "31"',
    ],
  ])('refuse %j', (row, message) => {
    expect(() => reader([row])).toThrow(message);
  });
});
