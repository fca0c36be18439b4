import { AppError } from '../errors.ts';
import {
  DATATYPES,
  elementCount,
  formatShape,
  type Tensor,
  type TensorData,
} from '../inference/tensor.ts';
import type { TensorHead } from './json-tensors.ts';

/**
 * Tensors as bytes, as the binary tensor data extension of the Open Inference Protocol has them: little-endian,
 * row-major, BOOL as one byte each, and each BYTES element behind its length in 32 bits.
 */

const LENGTH_BYTES = 4;
/** Text travels as UTF-8 in ONNX, and a fault in it must not become another text. */
const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const utf8 = new TextEncoder();

/**
 * Reads a tensor's values from bytes: as a view of them where they lie as the type needs it, else as a copy.
 *
 * @throws AppError bad_shape when there are more or fewer bytes than the shape needs, and bad_datatype for bytes
 *   that are no value of the type
 */
export function readBinaryTensor(head: TensorHead, bytes: Uint8Array): Tensor {
  const { name, datatype, shape } = head;
  const data = datatype === 'BYTES' ? readTexts(name, bytes) : viewNumbers(head, bytes);
  const count = elementCount(shape);
  if (data.length !== count) {
    throw new AppError(
      'bad_shape',
      `input '${name}': shape ${formatShape(shape)} holds ${count} values, got ${data.length} in ${bytes.byteLength} bytes`,
    );
  }
  return { name, datatype, shape, data };
}

function viewNumbers({ name, datatype, shape }: TensorHead, bytes: Uint8Array): TensorData {
  if (datatype === 'BYTES') throw new Error('text is no number');
  const Data = DATATYPES[datatype];
  const size = Data.BYTES_PER_ELEMENT;
  const needed = elementCount(shape) * size;
  if (bytes.byteLength !== needed) {
    throw new AppError(
      'bad_shape',
      `input '${name}': shape ${formatShape(shape)} of ${datatype} takes ${needed} bytes, got ${bytes.byteLength}`,
    );
  }
  let { buffer, byteOffset } = bytes;
  if (byteOffset % size !== 0 || !(buffer instanceof ArrayBuffer)) {
    ({ buffer, byteOffset } = new Uint8Array(bytes));
  }
  const data = new Data(buffer, byteOffset, bytes.byteLength / size);
  if (datatype === 'BOOL') {
    const wrong = bytes.find((byte) => byte > 1);
    if (wrong !== undefined) {
      throw new AppError('bad_datatype', `input '${name}': expected 0 or 1 as BOOL, got ${wrong}`);
    }
  }
  return data;
}

function readTexts(name: string, bytes: Uint8Array): string[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const texts: string[] = [];
  for (let offset = 0; offset < bytes.byteLength; ) {
    const left = bytes.byteLength - offset - LENGTH_BYTES;
    const length = left >= 0 ? view.getUint32(offset, true) : 0;
    if (left < length) {
      const what = left < 0 ? `${left + LENGTH_BYTES} bytes for a length` : `${left} bytes left`;
      throw new AppError(
        'bad_shape',
        `input '${name}', value ${texts.length}: expected ${left < 0 ? LENGTH_BYTES : length} bytes, got ${what}`,
      );
    }
    offset += LENGTH_BYTES;
    texts.push(readText(name, texts.length, bytes.subarray(offset, offset + length)));
    offset += length;
  }
  return texts;
}

/** @throws AppError bad_datatype for bytes that are not UTF-8, or hold a NUL, where the runtime would end it */
export function readText(name: string, index: number, bytes: Uint8Array): string {
  try {
    const text = strictUtf8.decode(bytes);
    if (!text.includes('\0')) return text;
  } catch {
    // Said below.
  }
  throw new AppError(
    'bad_datatype',
    `input '${name}', value ${index}: expected UTF-8 text without NUL characters`,
  );
}

/** A tensor's values as bytes: those it has where they are numbers. */
export function writeBinaryTensor({ data }: Tensor): Uint8Array {
  if (!Array.isArray(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  const texts = data.map((text) => utf8.encode(text));
  const size = texts.reduce((sum, text) => sum + LENGTH_BYTES + text.byteLength, 0);
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  let offset = 0;
  for (const text of texts) {
    view.setUint32(offset, text.byteLength, true);
    bytes.set(text, offset + LENGTH_BYTES);
    offset += LENGTH_BYTES + text.byteLength;
  }
  return bytes;
}

/** The binary part of a body, handed out piece by piece. */
export class BinaryParts {
  private readonly bytes: Uint8Array;
  private offset = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  /** @throws AppError bad_request when there are not so many bytes left */
  take(name: string, size: number): Uint8Array {
    const left = this.bytes.byteLength - this.offset;
    if (size > left) {
      throw new AppError(
        'bad_request',
        `input '${name}': binary_data_size is ${size}, the body has ${left} bytes left`,
      );
    }
    this.offset += size;
    return this.bytes.subarray(this.offset - size, this.offset);
  }

  /** @throws AppError bad_request when bytes are left that belong to no input */
  end(): void {
    const { offset, bytes } = this;
    if (offset === bytes.byteLength) return;
    throw new AppError(
      'bad_request',
      `the inputs have ${offset} bytes of binary data, the body has ${bytes.byteLength}`,
    );
  }
}
