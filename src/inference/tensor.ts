import { AppError } from '../errors.ts';

/**
 * The element types of the Open Inference Protocol and the arrays that hold them. FP16 is held as its
 * bits, BOOL as one byte per value, BYTES (text) as strings.
 */
export const DATATYPES = {
  BOOL: Uint8Array,
  UINT8: Uint8Array,
  UINT16: Uint16Array,
  UINT32: Uint32Array,
  UINT64: BigUint64Array,
  INT8: Int8Array,
  INT16: Int16Array,
  INT32: Int32Array,
  INT64: BigInt64Array,
  FP16: Uint16Array,
  FP32: Float32Array,
  FP64: Float64Array,
  BYTES: Array<string>,
} as const;

export type Datatype = keyof typeof DATATYPES;

export type TensorData =
  | Uint8Array
  | Uint16Array
  | Uint32Array
  | BigUint64Array
  | Int8Array
  | Int16Array
  | Int32Array
  | BigInt64Array
  | Float32Array
  | Float64Array
  | string[];

/** A named tensor, row-major. */
export interface Tensor {
  readonly name: string;
  readonly datatype: Datatype;
  readonly shape: readonly number[];
  readonly data: TensorData;
}

/** Elements in a tensor of this shape; 1 for a scalar's empty shape. */
export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, dimension) => product * dimension, 1);
}

/** Bytes of one element; text has no fixed number of them. */
export function elementSize(datatype: Exclude<Datatype, 'BYTES'>): number {
  return DATATYPES[datatype].BYTES_PER_ELEMENT;
}

/** Elements of several tensors together. */
export function sizeOf(tensors: readonly Tensor[]): number {
  let size = 0;
  for (const { data } of tensors) size += data.length;
  return size;
}

/** Gives a new array for `count` elements of a type, zeroed. */
export type Allocate = (datatype: Datatype, count: number) => TensorData;

export const allocate: Allocate = (datatype, count) =>
  datatype === 'BYTES' ? new Array<string>(count).fill('') : new DATATYPES[datatype](count);

const SLAB_BYTES = 64 * 1024;
const LARGEST_IN_SLAB_BYTES = 4096;

/**
 * Makes an allocator that cuts small arrays from larger pieces of memory: making a buffer for each costs more
 * than filling it.
 */
export function createSlabAllocator(): Allocate {
  let slab = new ArrayBuffer(0);
  let used = 0;
  return (datatype, count) => {
    if (datatype === 'BYTES') return allocate(datatype, count);
    const Data = DATATYPES[datatype];
    const bytes = count * Data.BYTES_PER_ELEMENT;
    if (bytes > LARGEST_IN_SLAB_BYTES) return new Data(count);
    if (used + bytes > slab.byteLength) {
      slab = new ArrayBuffer(SLAB_BYTES);
      used = 0;
    }
    const data = new Data(slab, used, count);
    // Every element type can begin at a multiple of 8.
    used += Math.ceil(bytes / 8) * 8;
    return data;
  };
}

/** A shape for a person: `[-1, 30]`. */
export function formatShape(shape: readonly number[]): string {
  return `[${shape.join(', ')}]`;
}

/**
 * Checks a tensor against what the model declares.
 *
 * @throws AppError bad_datatype or bad_shape, naming the input, what was expected and what came
 */
export function checkTensor(
  tensor: Tensor,
  spec: { datatype: Datatype; shape: readonly number[] },
) {
  if (tensor.datatype !== spec.datatype) {
    throw new AppError(
      'bad_datatype',
      `input '${tensor.name}': expected ${spec.datatype}, got ${tensor.datatype}`,
    );
  }
  checkSize(tensor);
  const fits =
    tensor.shape.length === spec.shape.length &&
    spec.shape.every((dimension, i) => dimension === -1 || dimension === tensor.shape[i]);
  if (!fits) {
    throw new AppError(
      'bad_shape',
      `input '${tensor.name}': expected shape ${formatShape(spec.shape)}, got ${formatShape(tensor.shape)}`,
    );
  }
  const count = elementCount(tensor.shape);
  if (tensor.data.length !== count) {
    throw new AppError(
      'bad_shape',
      `input '${tensor.name}': shape ${formatShape(tensor.shape)} holds ${count} values, got ${tensor.data.length}`,
    );
  }
}

/** What ONNX Runtime can count on WebAssembly. */
const LARGEST_DIMENSION = 2 ** 31 - 1;
/** A tensor without values may still have many rows, and ask for as many outputs: so many. */
const LARGEST_EMPTY = 2 ** 16;

/** @throws AppError bad_shape for a shape that nothing can hold, or that is large and has no values */
function checkSize({ name, shape }: Tensor): void {
  const refuse = (what: string): AppError =>
    new AppError('bad_shape', `input '${name}': ${what}, got shape ${formatShape(shape)}`);
  if (shape.some((dimension) => dimension > LARGEST_DIMENSION)) {
    throw refuse(`expected dimensions of at most ${LARGEST_DIMENSION}`);
  }
  const extent = elementCount(shape.filter((dimension) => dimension > 0));
  if (elementCount(shape) === 0 && extent > LARGEST_EMPTY) {
    throw refuse(`expected dimensions of at most ${LARGEST_EMPTY} beside one of 0`);
  }
}

/**
 * Puts tensors that differ in rows alone one behind the other.
 *
 * @param tensors at least one, all of the same name, type and row shape
 */
export function joinRows(tensors: readonly Tensor[]): Tensor {
  const [first] = tensors;
  if (!first) throw new Error('there is nothing to join');
  const rows = tensors.reduce((sum, { shape }) => sum + (shape[0] ?? 0), 0);
  const count = tensors.reduce((sum, { data }) => sum + data.length, 0);
  const data = allocate(first.datatype, count);
  let offset = 0;
  for (const tensor of tensors) {
    copyInto(data, tensor.data, offset);
    offset += tensor.data.length;
  }
  return { ...first, shape: [rows, ...first.shape.slice(1)], data };
}

/** Rows of a tensor, as a view where its type allows one. */
export function sliceRows(tensor: Tensor, start: number, rows: number): Tensor {
  const shape = [rows, ...tensor.shape.slice(1)];
  const size = elementCount(shape.slice(1));
  const [from, to] = [start * size, (start + rows) * size];
  const { data } = tensor;
  return {
    ...tensor,
    shape,
    data: Array.isArray(data) ? data.slice(from, to) : data.subarray(from, to),
  };
}

/** Copies values of the same type into a larger array. */
function copyInto(target: TensorData, source: TensorData, offset: number): void {
  if (Array.isArray(target) || Array.isArray(source)) {
    for (let i = 0; i < source.length; i++) Reflect.set(target, offset + i, source[i]);
  } else if (isBigInts(target) && isBigInts(source)) target.set(source, offset);
  else if (!isBigInts(target) && !isBigInts(source)) target.set(source, offset);
}

function isBigInts(data: TensorData): data is BigInt64Array | BigUint64Array {
  return data instanceof BigInt64Array || data instanceof BigUint64Array;
}
