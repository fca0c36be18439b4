import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AppError } from '../../src/errors.ts';
import { DATATYPES, type Datatype, elementCount, type Tensor } from '../../src/inference/tensor.ts';
import {
  BinaryParts,
  readBinaryTensor,
  writeBinaryTensor,
} from '../../src/protocols/binary-tensors.ts';
import { readJsonTensor, writeJsonTensor } from '../../src/protocols/json-tensors.ts';

const DATATYPE_NAMES = Object.keys(DATATYPES) as Datatype[];
const shapes = fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 4 });

/** Any bits: every float there is, subnormals, infinities and NaN with it. */
function tensors(datatype: Datatype): fc.Arbitrary<Tensor> {
  return shapes.chain((shape): fc.Arbitrary<Tensor> => {
    const count = elementCount(shape);
    const size = { minLength: count, maxLength: count };
    const head = { name: 'x', datatype, shape };
    if (datatype === 'BYTES') {
      const text = fc.string({ unit: 'binary' }).map((each) => each.replaceAll('\0', ''));
      return fc.array(text, size).map((data) => ({ ...head, data }));
    }
    const Data = DATATYPES[datatype];
    const bytes = count * Data.BYTES_PER_ELEMENT;
    return fc.uint8Array({ minLength: bytes, maxLength: bytes }).map((bits) => {
      const own = datatype === 'BOOL' ? bits.map((bit) => bit & 1) : bits;
      return { ...head, data: new Data(own.slice().buffer) };
    });
  });
}

describe.each(DATATYPE_NAMES)('%s as bytes', (datatype) => {
  it('comes back bit for bit, wherever in a body it lies', () => {
    fc.assert(
      // Node gives bodies as Buffers, whose slice() is none.
      fc.property(
        tensors(datatype),
        fc.nat({ max: 9 }),
        fc.boolean(),
        (tensor, offset, isBuffer) => {
          const bytes = writeBinaryTensor(tensor);
          const size = offset + bytes.byteLength + 3;
          const body = isBuffer ? Buffer.alloc(size) : new Uint8Array(size);
          body.set(bytes, offset);
          const { name, shape } = tensor;
          const read = readBinaryTensor(
            { name, datatype, shape },
            body.subarray(offset, offset + bytes.byteLength),
          );
          expect(writeBinaryTensor(read)).toEqual(bytes);
          expect(read.data.length).toBe(elementCount(shape));
          expect(read.data.constructor).toBe(tensor.data.constructor);
        },
      ),
    );
  });

  it('is never anything but a tensor of its shape or an error of the table', () => {
    fc.assert(
      fc.property(shapes, fc.uint8Array({ maxLength: 200 }), (shape, bytes) => {
        try {
          const { data } = readBinaryTensor({ name: 'x', datatype, shape }, bytes);
          expect(data.length).toBe(elementCount(shape));
        } catch (error) {
          expect(error).toBeInstanceOf(AppError);
          expect(error).toMatchObject({ code: expect.stringMatching(/^bad_(shape|datatype)$/) });
        }
      }),
    );
  });

  it('comes back from JSON, where JSON can carry it', () => {
    fc.assert(
      fc.property(tensors(datatype), (tensor) => {
        const json = JSON.parse(JSON.stringify(writeJsonTensor(tensor))) as unknown[];
        if (json.includes(null)) return;
        const { name, shape } = tensor;
        const read = readJsonTensor({ name, datatype, shape }, json);
        // JSON has one zero.
        expect(writeJsonTensor(read).map((value) => (value === 0 ? 0 : value))).toEqual(
          writeJsonTensor(tensor).map((value) => (value === 0 ? 0 : value)),
        );
      }),
    );
  });
});

describe('values of a binary tensor', () => {
  const head = { name: 'x', datatype: 'FP32', shape: [2] } as const;

  it('are a view of the body where they lie as their type needs it', () => {
    const body = new Uint8Array(16);
    const aligned = readBinaryTensor(head, body.subarray(8));
    expect(aligned.data).toMatchObject({ buffer: body.buffer, byteOffset: 8 });
    const shifted = readBinaryTensor(head, body.subarray(7, 15));
    expect((shifted.data as Float32Array).buffer).not.toBe(body.buffer);
  });

  it.each([
    ['FP32', [2], 7, "input 'x': shape [2] of FP32 takes 8 bytes, got 7"],
    ['INT64', [], 4, "input 'x': shape [] of INT64 takes 8 bytes, got 4"],
    ['FP16', [0, 3], 2, "input 'x': shape [0, 3] of FP16 takes 0 bytes, got 2"],
    ['BYTES', [1], 3, "input 'x', value 0: expected 4 bytes, got 3 bytes for a length"],
    ['BYTES', [2], 4, "input 'x': shape [2] holds 2 values, got 1 in 4 bytes"],
  ] as const)('of %s %j are refused in %i bytes', (datatype, shape, bytes, message) => {
    expect(() => readBinaryTensor({ name: 'x', datatype, shape }, new Uint8Array(bytes))).toThrow(
      new AppError('bad_shape', message),
    );
  });

  it('are refused as text that is no UTF-8 or has a NUL', () => {
    const read = (bytes: number[]) =>
      readBinaryTensor(
        { name: 'x', datatype: 'BYTES', shape: [1] },
        Uint8Array.of(bytes.length, 0, 0, 0, ...bytes),
      );
    for (const bytes of [[0xff], [0xc3], [0x61, 0x00]]) {
      expect(() => read(bytes)).toThrow(
        "input 'x', value 0: expected UTF-8 text without NUL characters",
      );
    }
    expect(read([0xe2, 0x82, 0xac]).data).toEqual(['€']);
    expect(read([0xef, 0xbb, 0xbf]).data).toEqual(['\ufeff']);
  });
});

describe('the binary part of a body', () => {
  it('is handed out in order, and has to be used up', () => {
    const parts = new BinaryParts(Uint8Array.of(1, 2, 3));
    expect(parts.take('a', 2)).toEqual(Uint8Array.of(1, 2));
    expect(() => parts.end()).toThrow('the inputs have 2 bytes of binary data, the body has 3');
    expect(() => parts.take('b', 2)).toThrow(
      "input 'b': binary_data_size is 2, the body has 1 bytes left",
    );
    expect(parts.take('b', 1)).toEqual(Uint8Array.of(3));
    parts.end();
  });
});
