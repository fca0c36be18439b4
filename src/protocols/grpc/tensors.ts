import { AppError } from '../../errors.ts';
import { type Datatype, elementCount, formatShape, type Tensor } from '../../inference/tensor.ts';
import { readBinaryTensor, readText, writeBinaryTensor } from '../binary-tensors.ts';
import { readJsonTensor, type TensorHead, writeJsonTensor } from '../json-tensors.ts';
import type { InferTensorContents, ModelInferRequest } from './messages.ts';

/** Tensors as gRPC carries them: typed, in the field of their datatype, or raw, all of a message together. */

/** Where the values of each datatype stand; FP16 has no place among them. */
const FIELDS = {
  BOOL: 'bool_contents',
  INT8: 'int_contents',
  INT16: 'int_contents',
  INT32: 'int_contents',
  INT64: 'int64_contents',
  UINT8: 'uint_contents',
  UINT16: 'uint_contents',
  UINT32: 'uint_contents',
  UINT64: 'uint64_contents',
  FP32: 'fp32_contents',
  FP64: 'fp64_contents',
  BYTES: 'bytes_contents',
} as const satisfies Record<Exclude<Datatype, 'FP16'>, keyof InferTensorContents>;

const utf8 = new TextEncoder();

/**
 * Reads the values of a request's inputs.
 *
 * @param heads its inputs without their values, in the same order
 * @throws AppError bad_request, bad_shape or bad_datatype
 */
export function readTensors(request: ModelInferRequest, heads: readonly TensorHead[]): Tensor[] {
  const { inputs, raw_input_contents: raw } = request;
  if (raw.length === 0) return heads.map((head, i) => readTyped(head, inputs[i]?.contents));
  if (raw.length !== heads.length || inputs.some(({ contents }) => contents)) {
    const message = `raw_input_contents: expected every input there and none in its contents, got ${raw.length} of ${heads.length}`;
    throw new AppError('bad_request', message);
  }
  return heads.map((head, i) => readBinaryTensor(head, raw[i] ?? new Uint8Array()));
}

function readTyped(head: TensorHead, contents: InferTensorContents | null | undefined): Tensor {
  const { name, datatype, shape } = head;
  if (datatype === 'FP16') {
    const message = `input '${name}': FP16 has no typed contents, send raw_input_contents`;
    throw new AppError('bad_datatype', message);
  }
  const field = FIELDS[datatype];
  const values = contents?.[field] ?? [];
  const count = elementCount(shape);
  if (values.length !== count) {
    throw new AppError(
      'bad_shape',
      `input '${name}': shape ${formatShape(shape)} holds ${count} values, got ${values.length} in ${field}`,
    );
  }
  // Floats are what the message has, NaN and infinities among them, as in raw contents.
  if (datatype === 'FP32')
    return { ...head, data: new Float32Array(contents?.fp32_contents ?? []) };
  if (datatype === 'FP64')
    return { ...head, data: new Float64Array(contents?.fp64_contents ?? []) };
  if (datatype === 'BYTES') {
    const texts = contents?.bytes_contents.map((bytes, i) => readText(name, i, bytes));
    return { ...head, data: texts ?? [] };
  }
  return readJsonTensor(head, values);
}

/**
 * An answer's outputs.
 *
 * @param raw whether their values go raw; they do too when one of them cannot go otherwise
 */
export function writeTensors(tensors: readonly Tensor[], raw: boolean) {
  if (raw || tensors.some(({ datatype }) => datatype === 'FP16')) {
    return { outputs: tensors.map(headOf), raw_output_contents: tensors.map(writeBinaryTensor) };
  }
  return {
    outputs: tensors.map((tensor) => ({ ...headOf(tensor), contents: writeTyped(tensor) })),
  };
}

function headOf({ name, datatype, shape }: Tensor): TensorHead {
  return { name, datatype, shape };
}

function writeTyped(tensor: Tensor): Record<string, readonly unknown[]> {
  const { datatype, data } = tensor;
  if (datatype === 'FP16') throw new Error('FP16 goes raw');
  const texts = Array.isArray(data) ? data.map((text) => utf8.encode(text)) : undefined;
  return { [FIELDS[datatype]]: texts ?? writeJsonTensor(tensor) };
}
