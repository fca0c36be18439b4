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
      const { outputs } = isBinary ? decodeBinary(bytes, headers) : decodeJson(bytes);
      // An output may have no entry per row; where none has, there are no predictions.
      if (outputs.some(({ shape }) => shape[0] === rows)) return { rows };
      const shapes = outputs.map((output) => `${output.name} ${formatShape(output.shape)}`);
      throw badAnswer(`expected an output of ${rows} rows, got ${shapes.join(', ') || 'none'}`);
    },
  };
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

/** Reads every tensor, so that an answer whose bytes are not those of its shapes is none. */
function decodeBinary(bytes: Uint8Array, headers: Headers): InferResponse {
  const length = Number(headers.get(HEADER_LENGTH) ?? Number.NaN);
  if (!(length <= bytes.byteLength)) throw badAnswer(`expected ${HEADER_LENGTH} within the body`);
  const answer = decodeJson(bytes.subarray(0, length));
  const parts = new BinaryParts(bytes.subarray(length));
  try {
    for (const { parameters, data, ...head } of answer.outputs) {
      if (data) continue;
      const size = parameters?.binary_data_size;
      if (typeof size !== 'number') throw badAnswer(`output '${head.name}' has no data`);
      readBinaryTensor(head, parts.take(head.name, size));
    }
    parts.end();
  } catch (error) {
    if (error instanceof AppError) throw badAnswer(messageOf(error));
    throw error;
  }
  return answer;
}

function badAnswer(message: string): AnswerError {
  return new AnswerError(200, 'bad_answer', `bad_answer: ${message}`);
}
