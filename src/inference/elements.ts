import { getFloat16, setFloat16 } from '@petamoriken/float16';
import type { Datatype, Tensor, TensorData } from './tensor.ts';

/** Writes one JSON value at an index, or says false and leaves the tensor unusable. */
export type ElementWriter = (index: number, value: unknown) => boolean;

/**
 * How JSON values go into a tensor's array. A number that is too large for the type, or a fraction where it
 * holds integers, is refused; a float is rounded to the nearest that its type has, as everywhere.
 */
export function elementWriter(datatype: Datatype, data: TensorData): ElementWriter {
  if (datatype === 'BOOL' && data instanceof Uint8Array) {
    return (index, value) => {
      if (typeof value !== 'boolean') return false;
      data[index] = value ? 1 : 0;
      return true;
    };
  }
  if (datatype === 'FP16' && data instanceof Uint16Array) {
    const bits = new DataView(data.buffer, data.byteOffset, data.byteLength);
    return (index, value) => {
      if (typeof value !== 'number') return false;
      setFloat16(bits, index * 2, value, true);
      return Number.isFinite(getFloat16(bits, index * 2, true));
    };
  }
  if (data instanceof Float32Array || data instanceof Float64Array) {
    return (index, value) => {
      if (typeof value !== 'number') return false;
      data[index] = value;
      return Number.isFinite(data[index]);
    };
  }
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) {
    return (index, value) => {
      const wanted = toBigInt(value);
      if (wanted === undefined) return false;
      data[index] = wanted;
      return data[index] === wanted;
    };
  }
  if (Array.isArray(data)) {
    return (index, value) => {
      // The runtime hands text over as C does, where a NUL is the end.
      if (typeof value !== 'string' || value.includes('\0') || !value.isWellFormed()) return false;
      data[index] = value;
      return true;
    };
  }
  return (index, value) => {
    if (typeof value !== 'number') return false;
    data[index] = value;
    return data[index] === value;
  };
}

/** A whole number, written as a number or, where that would lose digits, as a string of them. */
function toBigInt(value: unknown): bigint | undefined {
  if (typeof value === 'string' && /^-?\d{1,20}$/.test(value)) return BigInt(value);
  return typeof value === 'number' && Number.isSafeInteger(value) ? BigInt(value) : undefined;
}

/** Reads the value at an index as JSON can carry it. */
export type ElementReader = (index: number) => unknown;

/**
 * How a tensor's values come out as JSON: FP16 as numbers, BOOL as booleans, and a 64-bit integer as a
 * number, or as a string of digits where a number would lose some.
 */
export function elementReader(tensor: Tensor): ElementReader {
  const { datatype, data } = tensor;
  if (datatype === 'BOOL') return (index) => data[index] === 1;
  if (datatype === 'FP16' && data instanceof Uint16Array) {
    const bits = new DataView(data.buffer, data.byteOffset, data.byteLength);
    return (index) => getFloat16(bits, index * 2, true);
  }
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) {
    return (index) => {
      const number = Number(data[index]);
      return Number.isSafeInteger(number) ? number : String(data[index]);
    };
  }
  return (index) => data[index];
}

/** What a datatype takes, for the person whose value was refused. */
export function expectedElement(datatype: Datatype, value: unknown): string {
  if (datatype === 'BOOL') return 'true or false';
  if (datatype === 'BYTES') {
    return typeof value === 'string' ? 'well-formed text without NUL characters' : 'a string';
  }
  if (typeof value === 'number') return `a number that ${datatype} can hold`;
  return datatype.startsWith('FP') ? 'a number' : 'an integer';
}

/** A JSON value for a person, short enough for a message. */
export function describeValue(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (typeof value === 'string') {
    return `the string ${JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value)}`;
  }
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'object' && value !== null) return 'an object';
  return String(value);
}
