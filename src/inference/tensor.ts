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

/** A new array for `count` elements of a type, zeroed. */
export function allocate(datatype: Datatype, count: number): TensorData {
  return datatype === 'BYTES' ? new Array<string>(count).fill('') : new DATATYPES[datatype](count);
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
