import type { Handler } from 'hono';
import { AppError } from '../errors.ts';
import { answer, answerJson } from '../http/answer.ts';
import { concatenate } from '../http/body.ts';
import type { RequestVariables } from '../http/observe.ts';
import type { Model } from '../inference/model.ts';
import { elementCount, elementSize, type Tensor } from '../inference/tensor.ts';
import { BinaryParts, readBinaryTensor, readText, writeBinaryTensor } from './binary-tensors.ts';
import { classify } from './classification.ts';
import { readJsonTensor, type TensorHead, writeJsonTensor } from './json-tensors.ts';
import {
  readBinary,
  readClassification,
  readTimeout,
  refuseSequences,
} from './open-inference-parameters.ts';
import { type InferRequest, inferRequest, type Parameters } from './open-inference-schemas.ts';
import {
  answerPredictions,
  type Prediction,
  type PredictionContext,
  type PredictionServices,
} from './prediction.ts';
import { parseForm } from './schema.ts';

/** Its presence marks a body with binary tensors, and says how long the JSON before them is. */
const HEADER_LENGTH = 'Inference-Header-Content-Length';
const utf8 = new TextEncoder();

/** POST /v2/models/:name[/versions/:version]/infer, in JSON and with binary tensors. */
export function infer(services: PredictionServices): Handler<{ Variables: RequestVariables }> {
  return answerPredictions(services, 'v2', async (prediction, c) => {
    prediction.aim(c.req.param('name'), c.req.param('version'));
    const body = await readBody(c, prediction);
    const model = await prediction.useModel();
    const { request, tensors } = 'raw' in body ? readRaw(body.raw, model) : body;
    refuseSequences(request.parameters ?? {});
    const wanted = request.outputs?.length ? request.outputs : undefined;
    const { outputs } = await prediction.infer(model, {
      inputs: tensors,
      ...(wanted && { outputs: wanted.map(({ name }) => name) }),
      timeoutMs: readTimeout(request.parameters ?? {}),
    });
    const asked = outputs.map((tensor, i) => ({ tensor, parameters: wanted?.[i]?.parameters }));
    return write(c, model, request, asked);
  });
}

interface Decoded {
  readonly request: InferRequest;
  readonly tensors: readonly Tensor[];
}

/** @returns the request, or the bytes of one that has no JSON to say what they are */
async function readBody(
  c: PredictionContext,
  prediction: Prediction,
): Promise<Decoded | { readonly raw: Uint8Array }> {
  const declared = c.req.header(HEADER_LENGTH);
  if (declared === undefined) {
    const request = parseForm(inferRequest, await prediction.readJson());
    prediction.requireSize(request.inputs);
    return { request, tensors: request.inputs.map((input) => readTensor(input, undefined)) };
  }
  const bytes = await prediction.readBytes();
  const length = Number(declared);
  if (!/^\d+$/.test(declared) || length > bytes.byteLength) {
    throw new AppError(
      'bad_request',
      `${HEADER_LENGTH}: expected 0 to ${bytes.byteLength}, the length of the body, got ${declared.slice(0, 40)}`,
    );
  }
  if (length === 0) return { raw: bytes };
  const request = parseForm(inferRequest, prediction.parseJson(bytes.subarray(0, length)));
  prediction.requireSize(request.inputs);
  const parts = new BinaryParts(bytes.subarray(length));
  const tensors = request.inputs.map((input) => readTensor(input, parts));
  parts.end();
  return { request, tensors };
}

/** @param parts the binary part of the body, when it has one */
function readTensor(
  { parameters, data, ...head }: InferRequest['inputs'][number],
  parts: BinaryParts | undefined,
): Tensor {
  const size = parameters?.binary_data_size;
  if (size === undefined) {
    if (data) return readJsonTensor(head, data);
    throw new AppError('bad_request', `input '${head.name}': expected data`);
  }
  if (data) {
    throw new AppError(
      'bad_request',
      `input '${head.name}': expected either data or binary_data_size`,
    );
  }
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) {
    throw new AppError(
      'bad_request',
      `input '${head.name}': expected binary_data_size as a number of bytes`,
    );
  }
  if (!parts) {
    throw new AppError(
      'bad_request',
      `input '${head.name}': binary_data_size needs the header ${HEADER_LENGTH}`,
    );
  }
  return readBinaryTensor(head, parts.take(head.name, size));
}

/**
 * A body that is one tensor and nothing else: the model says which, and its size says how long the dimension is
 * that may vary. For BYTES it is one text, without its length.
 */
function readRaw(bytes: Uint8Array, model: Model): Decoded {
  if (bytes.byteLength === 0) {
    throw new AppError('bad_request', 'a raw binary request needs a body, which is the tensor');
  }
  const [input] = model.inputs;
  const open = input?.shape.filter((dimension) => dimension === -1).length ?? 0;
  if (!input || model.inputs.length > 1 || open > 1) {
    throw new AppError(
      'bad_request',
      'a raw binary request needs a model with one input, of which at most one dimension may vary',
    );
  }
  const fixed = elementCount(input.shape.filter((dimension) => dimension !== -1));
  const sized = (length: number): TensorHead => ({
    name: input.name,
    datatype: input.datatype,
    shape: input.shape.map((dimension) => (dimension === -1 ? length : dimension)),
  });
  const outputs = model.outputNames.map((name) => ({ name, parameters: { binary_data: true } }));
  const request = { inputs: [], outputs };
  if (input.datatype === 'BYTES') {
    const text = readText(input.name, 0, bytes);
    return { request, tensors: [{ ...sized(1), data: [text] }] };
  }
  const size = elementSize(input.datatype) * fixed;
  const length = size === 0 ? 0 : Math.floor(bytes.byteLength / size);
  return { request, tensors: [readBinaryTensor(sized(length), bytes)] };
}

interface AskedOutput {
  readonly tensor: Tensor;
  readonly parameters: Parameters | undefined;
}

function write(
  c: PredictionContext,
  model: Model,
  request: InferRequest,
  asked: readonly AskedOutput[],
): Response {
  const parts: Uint8Array[] = [];
  const outputs = asked.map(({ tensor: computed, parameters }) => {
    const count = readClassification(parameters ?? {});
    const tensor = count === undefined ? computed : classify(computed, count, model);
    const { name, datatype, shape } = tensor;
    if (!readBinary(parameters ?? {}, request.parameters ?? {}))
      return { name, datatype, shape: [...shape], data: writeJsonTensor(tensor) };
    const bytes = writeBinaryTensor(tensor);
    parts.push(bytes);
    return {
      name,
      datatype,
      shape: [...shape],
      parameters: { binary_data_size: bytes.byteLength },
    };
  });
  const body = {
    model_name: model.name,
    model_version: model.version,
    ...(request.id !== undefined && { id: request.id }),
    outputs,
  };
  if (parts.length === 0) return answerJson(c, body);
  const head = utf8.encode(JSON.stringify(body));
  const size = parts.reduce((sum, part) => sum + part.byteLength, head.byteLength);
  return answer(c, concatenate([head, ...parts], size), {
    'Content-Type': 'application/octet-stream',
    [HEADER_LENGTH]: String(head.byteLength),
  });
}
