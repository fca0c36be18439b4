import { AppError, messageOf } from '../errors.ts';
import { createRowReader } from '../inference/rows.ts';
import { formatShape, type Tensor } from '../inference/tensor.ts';
import { BinaryParts, readBinaryTensor } from '../protocols/binary-tensors.ts';
import { writeJsonTensor } from '../protocols/json-tensors.ts';
import {
  type InferResponse,
  inferResponse,
  modelMetadata,
} from '../protocols/open-inference-schemas.ts';
import { HEADER_LENGTH, writeBinaryRequest } from './binary-request.ts';
import { type RawOutput, shortOutputs } from './prediction-line.ts';
import type { ServedModel } from './served-model.ts';
import { AnswerError, ask, parseAnswer, parseJson } from './server.ts';
import type { Wire } from './wire.ts';

/**
 * The Open Inference Protocol, whose requests hold tensors: the server says of which types.
 *
 * @param isBinary whether tensors go, and come, as bytes
 * @throws as `ask` does
 */
export async function openInferenceWire(
  url: string,
  { name, features }: ServedModel,
  isBinary: boolean,
  signal: AbortSignal,
): Promise<Wire> {
  const model = `v2/models/${encodeURIComponent(name)}`;
  const metadata = await ask(new URL(model, url), undefined, signal);
  const { inputs } = parseAnswer(modelMetadata, metadata);
  const readRows = createRowReader(inputs, features);
  return {
    url: new URL(`${model}/infer`, url),
    encode: (rows) => (isBinary ? encodeBinary(readRows(rows)) : encodeJson(readRows(rows))),
    decode: (bytes, headers, rows) => {
      const outputs = isBinary ? decodeBinary(bytes, headers) : readOutputs(decodeJson(bytes));
      // An output may have no entry per row; where none has, there are no predictions.
      const perRow = outputs.filter(({ shape }) => shape[0] === rows);
      if (perRow.length > 0) return { rows, prediction: () => shortOutputs(perRow) };
      const shapes = outputs.map((output) => `${output.name} ${formatShape(output.shape)}`);
      throw badAnswer(`expected an output of ${rows} rows, got ${shapes.join(', ') || 'none'}`);
    },
  };
}

interface Output extends RawOutput {
  readonly shape: readonly number[];
}

function encodeJson(tensors: readonly Tensor[]) {
  const inputs = tensors.map((tensor) => {
    const { name, datatype, shape } = tensor;
    return { name, datatype, shape, data: writeJsonTensor(tensor) };
  });
  return { headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ inputs }) };
}

function encodeBinary(tensors: readonly Tensor[]) {
  return writeBinaryRequest(tensors, { binary_data_output: true });
}

function decodeJson(bytes: Uint8Array): InferResponse {
  return parseAnswer(inferResponse, parseJson(bytes));
}

function readOutputs({ outputs }: InferResponse): Output[] {
  return outputs.map(({ name, shape, data = [] }) => ({ name, shape, values: data }));
}

/** Reads every tensor, so that an answer whose bytes are not those of its shapes is none. */
function decodeBinary(bytes: Uint8Array, headers: Headers): Output[] {
  const length = Number(headers.get(HEADER_LENGTH) ?? Number.NaN);
  if (!(length <= bytes.byteLength)) throw badAnswer(`expected ${HEADER_LENGTH} within the body`);
  const { outputs } = decodeJson(bytes.subarray(0, length));
  const parts = new BinaryParts(bytes.subarray(length));
  try {
    const read = outputs.map(({ parameters, data, ...head }): Output => {
      if (data) return { ...head, values: data };
      const size = parameters?.binary_data_size;
      if (typeof size !== 'number') throw badAnswer(`output '${head.name}' has no data`);
      return { ...head, values: readBinaryTensor(head, parts.take(head.name, size)) };
    });
    parts.end();
    return read;
  } catch (error) {
    if (error instanceof AppError) throw badAnswer(messageOf(error));
    throw error;
  }
}

function badAnswer(message: string): AnswerError {
  return new AnswerError(200, 'bad_answer', `bad_answer: ${message}`);
}
