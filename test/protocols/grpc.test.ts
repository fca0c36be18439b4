import { spawnSync } from 'node:child_process';
import { copyFileSync, cpSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ServiceError } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Datatype, Tensor } from '../../src/inference/tensor.ts';
import type { ModelInferRequest } from '../../src/protocols/grpc/messages.ts';
import { loadService } from '../../src/protocols/grpc/service.ts';
import { readTensors, writeTensors } from '../../src/protocols/grpc/tensors.ts';
import { GOLDEN_MODELS, post, readCard, readGolden } from '../helpers/golden.ts';
import {
  GrpcClient,
  type InferAnswer,
  type LooseRequest,
  methodOf,
  type StreamAnswer,
  toFailure,
} from '../helpers/grpc.ts';
import { type NodeTarget, startNode } from '../helpers/targets.ts';

/** A repository of the shipped models and those that tests have, and one that cannot be loaded. */
function makeRepository(): string {
  const repository = mkdtempSync(join(tmpdir(), 'kilat-models-'));
  for (const name of GOLDEN_MODELS) {
    cpSync(`model/${name}`, join(repository, name), { recursive: true });
  }
  for (const name of ['two-inputs', 'every-type', 'vector', 'matrix', 'lookup', 'slow']) {
    mkdirSync(join(repository, name, '1'), { recursive: true });
    copyFileSync(`test/models/${name}.onnx`, join(repository, name, '1/model.onnx'));
  }
  mkdirSync(join(repository, 'broken/1'), { recursive: true });
  writeFileSync(join(repository, 'broken/1/model.onnx'), 'xyz');
  return repository;
}

const MODEL_REPOSITORY = makeRepository();
const LIMIT = 200_000;

const start = async (settings: Readonly<Record<string, string>> = {}) => {
  const server = await startNode({ MODEL_REPOSITORY, GRPC_PORT: '0', ...settings });
  return { server, client: new GrpcClient(server) };
};

let server: NodeTarget;
let client: GrpcClient;
beforeAll(async () => {
  ({ server, client } = await start({ MAX_BODY_BYTES: String(LIMIT) }));
});
afterAll(async () => {
  client.close();
  await server.stop();
});

/** The line that the log has of a request id, once it is there. */
const lineOf = (requestId: string, from = server, message = 'call') =>
  vi.waitFor(() => {
    const line = from.logs().find((l) => l.request_id === requestId && l.msg === message);
    expect(line).toBeDefined();
    return line ?? {};
  });

/** The samples of a metric with the labels given, in the text that a scrape gets. */
const samples = async (metric: string, from = server) => {
  const text = await (await from.fetch('/metrics')).text();
  const lines = text.split('\n').filter((line) => line.startsWith(`${metric}{`));
  return Object.fromEntries(
    lines.map((line) => {
      const [, labels = '', value = ''] = /\{(.*)\} (\S+)/.exec(line) ?? [];
      return [labels, Number(value)];
    }),
  );
};

/** Waits until the calls made before are under way: those of a connection arrive in their order. */
const isUnderWay = (of: GrpcClient) => of.call('ServerLive', {});

const bytesOf = (data: ArrayBufferView<ArrayBuffer>) =>
  new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
const floats = (bytes: Uint8Array | undefined) =>
  Array.from(new Float32Array(new Uint8Array(bytes ?? []).buffer));
/** BYTES as the protocol has them raw, made without the code under test. */
const rawTexts = (texts: readonly string[]) =>
  Buffer.concat(
    texts.flatMap((text) => {
      const length = Buffer.alloc(4);
      length.writeUInt32LE(Buffer.byteLength(text));
      return [length, Buffer.from(text)];
    }),
  );

const digits = readCard('digits').examples[0] ?? [];
const digitsRequest: LooseRequest = {
  model_name: 'digits',
  inputs: [
    {
      name: 'features',
      datatype: 'FP32',
      shape: [1, 64],
      contents: { fp32_contents: digits },
    },
  ],
};
/** A request that takes tens of milliseconds for each row. */
const slowRequest = (rows: number): LooseRequest => ({
  model_name: 'slow',
  inputs: [{ name: 'x', datatype: 'FP32', shape: [rows, 16] }],
  raw_input_contents: [bytesOf(new Float32Array(rows * 16).fill(1))],
});
const two = (ages: readonly number[], cities: readonly string[]) => ({
  model_name: 'two-inputs',
  inputs: [
    {
      name: 'age',
      datatype: 'FP32',
      shape: [ages.length, 1],
      contents: { fp32_contents: ages },
    },
    {
      name: 'city',
      datatype: 'BYTES',
      shape: [cities.length, 1],
      contents: { bytes_contents: cities.map((city) => Buffer.from(city)) },
    },
  ],
});

describe('what the service tells', () => {
  it('of the server', async () => {
    expect(await client.call('ServerLive', {})).toEqual({ live: true });
    // One of the models cannot be loaded.
    expect(await client.call('ServerReady', {})).toEqual({ ready: false });
    expect(await client.call('ServerMetadata', {})).toEqual({
      name: 'kilat',
      version: expect.any(String),
      extensions: ['classification', 'model_configuration', 'model_repository'],
    });
  });

  it('of a model, with and without its version', async () => {
    for (const version of ['', '1']) {
      const request = { name: 'two-inputs', version };
      expect(await client.call('ModelReady', request)).toEqual({ ready: true });
      expect(await client.call('ModelMetadata', request)).toEqual({
        name: 'two-inputs',
        versions: ['1'],
        platform: 'onnxruntime_onnx',
        inputs: [
          { name: 'age', datatype: 'FP32', shape: ['-1', '1'] },
          { name: 'city', datatype: 'BYTES', shape: ['-1', '1'] },
        ],
        outputs: [
          { name: 'older', datatype: 'FP32', shape: ['-1', '1'] },
          { name: 'home', datatype: 'BYTES', shape: ['-1', '1'] },
        ],
      });
      expect(await client.call('ModelConfig', request)).toMatchObject({
        config: {
          name: 'two-inputs',
          platform: 'onnxruntime_onnx',
          backend: 'onnxruntime',
          max_batch_size: 64,
          input: [
            { name: 'age', data_type: 11, dims: ['1'] },
            { name: 'city', data_type: 13, dims: ['1'] },
          ],
        },
      });
    }
  });

  it('of a model that is not loaded, or not there', async () => {
    expect(await client.call('ModelReady', { name: 'broken' })).toEqual({ ready: false });
    for (const method of ['ModelReady', 'ModelMetadata', 'ModelConfig']) {
      expect(await client.refused(method, { name: 'nope' })).toMatchObject({
        status: 'NOT_FOUND',
        details: "Request for unknown model: 'nope' is not found",
        code: 'model_not_found',
      });
    }
  });

  it('of the repository', async () => {
    const all = await client.call<{ models: object[] }>('RepositoryIndex', {});
    expect(all.models).toHaveLength(10);
    const broken = { name: 'broken', version: '1', state: 'UNAVAILABLE' };
    expect(all.models).toContainEqual({ ...broken, reason: expect.stringMatching(/./) });
    const ready = await client.call<{ models: object[] }>('RepositoryIndex', { ready: true });
    expect(ready.models).toHaveLength(9);
    expect(ready.models).toContainEqual(
      expect.objectContaining({ name: 'digits', state: 'READY', reason: '' }),
    );
  });
});

describe.each(GOLDEN_MODELS)('held-out rows of %s', (model) => {
  const { rows, probabilities, value } = readGolden(model);
  const { labels = [], features } = readCard(model);
  const [output, datatype] =
    model === 'diabetes' ? (['variable', 'FP64'] as const) : (['probabilities', 'FP32'] as const);
  const Data = datatype === 'FP64' ? Float64Array : Float32Array;
  const head = { name: 'features', datatype, shape: [rows.length, features.length] };
  const typed = { [datatype === 'FP64' ? 'fp64_contents' : 'fp32_contents']: rows.flat() };
  const outputs = [{ name: output }];

  it("are within 1e-5 of scikit-learn's, and what POST /predict answers", async () => {
    const answer = await client.infer({
      model_name: model,
      inputs: [{ ...head, contents: typed }],
      outputs,
    });
    expect(answer).toMatchObject({ model_name: model, model_version: '1' });
    expect(answer.raw_output_contents).toEqual([]);
    const numbers = Object.values(answer.outputs[0]?.contents ?? {}).flat();

    const expected = probabilities?.flat() ?? value ?? [];
    expect(numbers).toHaveLength(expected.length);
    const worst = numbers.map((number, i) => Math.abs(Number(number) - (expected[i] ?? NaN)));
    expect(Math.max(...worst)).toBeLessThan(1e-5);

    const over = await server.fetch(`/models/${model}/predict`, post({ instances: rows }));
    const { predictions } = (await over.json()) as {
      predictions: { value?: number; probabilities: Record<string, number> }[];
    };
    const same = predictions.flatMap((prediction) =>
      prediction.value === undefined
        ? labels.map((label) => prediction.probabilities[label])
        : [prediction.value],
    );
    expect(numbers).toEqual(same);
  });

  it('are answered raw where they came raw, with the same digits', async () => {
    const request = { model_name: model, outputs };
    const contents = [bytesOf(Data.from(rows.flat()))];
    const raw = await client.infer({ ...request, inputs: [head], raw_input_contents: contents });
    const inTypes = await client.infer({ ...request, inputs: [{ ...head, contents: typed }] });
    expect(raw.outputs[0]).toEqual({ ...inTypes.outputs[0], contents: null });
    const [bytes] = raw.raw_output_contents;
    expect(Array.from(new Data(new Uint8Array(bytes ?? []).buffer))).toEqual(
      Object.values(inTypes.outputs[0]?.contents ?? {}).flat(),
    );
  });
});

/** Two values of every element type: the smallest and largest, and what is easily lost. */
const VALUES: Readonly<Record<Datatype, readonly [unknown, unknown]>> = {
  BOOL: [true, false],
  UINT8: [0, 255],
  UINT16: [0, 65_535],
  UINT32: [0, 4_294_967_295],
  UINT64: ['18446744073709551615', '9007199254740993'],
  INT8: [-128, 127],
  INT16: [-32_768, 32_767],
  INT32: [-2_147_483_648, 2_147_483_647],
  INT64: ['-9223372036854775808', '9223372036854775807'],
  FP16: [0x0001, 0x7bff],
  FP32: [2 ** -149, Number.NEGATIVE_INFINITY],
  FP64: [5e-324, Number.POSITIVE_INFINITY],
  BYTES: ['', '日本語 🦊'],
};
const FIELDS: Readonly<Record<Exclude<Datatype, 'FP16'>, string>> = {
  BOOL: 'bool_contents',
  UINT8: 'uint_contents',
  UINT16: 'uint_contents',
  UINT32: 'uint_contents',
  UINT64: 'uint64_contents',
  INT8: 'int_contents',
  INT16: 'int_contents',
  INT32: 'int_contents',
  INT64: 'int64_contents',
  FP32: 'fp32_contents',
  FP64: 'fp64_contents',
  BYTES: 'bytes_contents',
};
const RAW: Readonly<Record<Datatype, Uint8Array>> = {
  BOOL: new Uint8Array([1, 0]),
  UINT8: new Uint8Array([0, 255]),
  UINT16: bytesOf(new Uint16Array([0, 65_535])),
  UINT32: bytesOf(new Uint32Array([0, 4_294_967_295])),
  UINT64: bytesOf(new BigUint64Array([2n ** 64n - 1n, 2n ** 53n + 1n])),
  INT8: bytesOf(new Int8Array([-128, 127])),
  INT16: bytesOf(new Int16Array([-32_768, 32_767])),
  INT32: bytesOf(new Int32Array([-(2 ** 31), 2 ** 31 - 1])),
  INT64: bytesOf(new BigInt64Array([-(2n ** 63n), 2n ** 63n - 1n])),
  FP16: bytesOf(new Uint16Array([0x0001, 0x7bff])),
  FP32: bytesOf(new Float32Array([2 ** -149, Number.NEGATIVE_INFINITY])),
  FP64: bytesOf(new Float64Array([5e-324, Number.POSITIVE_INFINITY])),
  BYTES: rawTexts(['', '日本語 🦊']),
};
const DATATYPES = Object.keys(VALUES) as Datatype[];
const TYPED = DATATYPES.filter((datatype) => datatype !== 'FP16');

describe('every element type', () => {
  it('comes back raw, bit for bit', async () => {
    const answer = await client.infer({
      model_name: 'every-type',
      inputs: DATATYPES.map((datatype) => ({
        name: datatype.toLowerCase(),
        datatype,
        shape: [1, 2],
      })),
      raw_input_contents: DATATYPES.map((datatype) => RAW[datatype]),
      outputs: DATATYPES.map((datatype) => ({ name: `same_${datatype.toLowerCase()}` })),
    });
    expect(answer.outputs.map(({ datatype }) => datatype)).toEqual(DATATYPES);
    expect(answer.raw_output_contents.map((bytes) => new Uint8Array(bytes))).toEqual(
      DATATYPES.map((datatype) => new Uint8Array(RAW[datatype])),
    );
  });

  it.each(TYPED)('but FP16 goes typed, through the bytes of its messages: %s', (datatype) => {
    const { requestSerialize, requestDeserialize, ...method } = methodOf('ModelInfer');
    const values = VALUES[datatype];
    const sent = datatype === 'BYTES' ? values.map((text) => Buffer.from(String(text))) : values;
    const contents = { [FIELDS[datatype]]: sent };
    const input = { name: 'x', datatype, shape: [2], contents };
    const request = requestDeserialize(
      requestSerialize({ model_name: 'm', inputs: [input] }),
    ) as ModelInferRequest;
    const [tensor] = readTensors(request, [{ name: 'x', datatype, shape: [2] }]);
    expect(tensor?.data).toHaveLength(2);
    const response = method.responseSerialize(writeTensors(tensor ? [tensor] : [], false));
    const { outputs } = method.responseDeserialize(response) as InferAnswer;
    expect(outputs).toMatchObject([{ name: 'x', datatype, shape: ['2'], contents }]);
  });

  it('goes raw with FP16 beside it, which has no typed contents', () => {
    const tensors: Tensor[] = [
      { name: 'half', datatype: 'FP16', shape: [1], data: new Uint16Array([0x3c00]) },
      { name: 'whole', datatype: 'FP32', shape: [1], data: new Float32Array([1]) },
    ];
    const { outputs, raw_output_contents } = writeTensors(tensors, false);
    expect(outputs[1]).not.toHaveProperty('contents');
    expect(raw_output_contents).toEqual([
      new Uint8Array([0x00, 0x3c]),
      bytesOf(new Float32Array([1])),
    ]);
  });
});

describe('a request', () => {
  it('of two inputs, one of them text, comes back with its id', async () => {
    const answer = await client.infer({ ...two([1, 2.5], ['São Paulo', '東京']), id: 'q-1' });
    expect(answer).toMatchObject({
      model_name: 'two-inputs',
      model_version: '1',
      id: 'q-1',
      outputs: [
        { name: 'older', shape: ['2', '1'], contents: { fp32_contents: [2, 3.5] } },
        { name: 'home', datatype: 'BYTES', shape: ['2', '1'] },
      ],
    });
    const texts = answer.outputs[1]?.contents?.bytes_contents ?? [];
    expect(texts.map(String)).toEqual(['São Paulo', '東京']);
  });

  it('has its inputs in any order, raw as well', async () => {
    const answer = await client.infer({
      model_name: 'two-inputs',
      model_version: '1',
      inputs: [
        { name: 'city', datatype: 'BYTES', shape: [1, 1] },
        { name: 'age', datatype: 'FP32', shape: [1, 1] },
      ],
      raw_input_contents: [rawTexts(['Köln']), bytesOf(new Float32Array([41]))],
    });
    expect(floats(answer.raw_output_contents[0])).toEqual([42]);
    expect(answer.raw_output_contents[1]).toEqual(rawTexts(['Köln']));
  });

  it('is answered with the outputs that it names, in their order', async () => {
    const outputs = [{ name: 'home' }, { name: 'older' }];
    const answer = await client.infer({ ...two([1], ['a']), outputs });
    expect(answer.outputs.map(({ name }) => name)).toEqual(['home', 'older']);
  });

  it('may ask for the classes of highest score', async () => {
    const outputs = [{ name: 'probabilities', parameters: { classification: { int64_param: 2 } } }];
    const answer = await client.infer({ ...digitsRequest, outputs });
    expect(answer.outputs).toMatchObject([{ datatype: 'BYTES', shape: ['1', '2'] }]);
    const [best] = (answer.outputs[0]?.contents?.bytes_contents ?? []).map(String);
    expect(best).toMatch(/^[\d.e-]+:(\d):\1$/);
  });

  it('takes parameters that mean nothing here, and ones without a value', async () => {
    const parameters = {
      timeout: {},
      priority: { uint64_param: 1 },
      sequence_id: { int64_param: 0 },
      headers: { string_param: 'x' },
      flag: { bool_param: true },
      weight: { double_param: 0.5 },
    };
    const answer = await client.infer({ ...digitsRequest, parameters });
    expect(answer.outputs).toHaveLength(2);
  });

  it('may be compressed, and is bounded after it is decompressed', async () => {
    const gzip = new GrpcClient(server, { 'grpc.default_compression_algorithm': 2 });
    expect((await gzip.infer(digitsRequest)).outputs).toHaveLength(2);
    const large = { raw_input_contents: [new Uint8Array(10 * LIMIT)] };
    expect(await gzip.refused('ModelInfer', large)).toMatchObject({
      status: 'RESOURCE_EXHAUSTED',
      code: 'body_too_large',
      details: expect.stringContaining('decompresses'),
    });
    gzip.close();
  });
});

const tooLong = `${'x'.repeat(79)}🦊`;
const digitsInput = { name: 'features', datatype: 'FP32', shape: [1, 64] };

describe('a request that is wrong', () => {
  it.each<[string, LooseRequest, string, string, string | RegExp]>([
    [
      'names a model that is not there',
      { model_name: 'nope' },
      'NOT_FOUND',
      'model_not_found',
      "Request for unknown model: 'nope' is not found",
    ],
    [
      'names a model of a name that cannot be cut without breaking a character',
      { model_name: tooLong },
      'NOT_FOUND',
      'model_not_found',
      /^Request for unknown model: 'x{79}\ufffd' is not found$/,
    ],
    [
      'names a version that is not there',
      { model_name: 'digits', model_version: '7' },
      'NOT_FOUND',
      'version_not_found',
      "model 'digits' has no version '7'; it has 1",
    ],
    [
      'asks a model that is not loaded',
      { model_name: 'broken' },
      'UNAVAILABLE',
      'not_ready',
      "model 'broken' is not ready; see /readyz",
    ],
    ['has no inputs', { model_name: 'digits' }, 'INVALID_ARGUMENT', 'bad_request', /^inputs: /],
    [
      'has a datatype that there is not',
      { model_name: 'digits', inputs: [{ ...digitsInput, datatype: 'BF16' }] },
      'INVALID_ARGUMENT',
      'bad_request',
      /^inputs\.0\.datatype: /,
    ],
    [
      'has a dimension below zero',
      { model_name: 'digits', inputs: [{ ...digitsInput, shape: [-1, 64] }] },
      'INVALID_ARGUMENT',
      'bad_request',
      /^inputs\.0\.shape\.0: /,
    ],
    [
      'has a dimension that no number can hold',
      { model_name: 'digits', inputs: [{ ...digitsInput, shape: ['9223372036854775807'] }] },
      'INVALID_ARGUMENT',
      'bad_request',
      /^inputs\.0\.shape\.0: /,
    ],
    [
      'has too few values',
      { model_name: 'digits', inputs: [{ ...digitsInput, contents: { fp32_contents: [1] } }] },
      'INVALID_ARGUMENT',
      'bad_shape',
      "input 'features': shape [1, 64] holds 64 values, got 1 in fp32_contents",
    ],
    [
      'has its values in the field of another type',
      { model_name: 'digits', inputs: [{ ...digitsInput, contents: { fp64_contents: digits } }] },
      'INVALID_ARGUMENT',
      'bad_shape',
      "input 'features': shape [1, 64] holds 64 values, got 0 in fp32_contents",
    ],
    [
      'has too few bytes',
      { model_name: 'digits', inputs: [digitsInput], raw_input_contents: [new Uint8Array(8)] },
      'INVALID_ARGUMENT',
      'bad_shape',
      "input 'features': shape [1, 64] of FP32 takes 256 bytes, got 8",
    ],
    [
      'has raw contents for some of its inputs',
      { ...two([1], ['a']), raw_input_contents: [new Uint8Array(4)] },
      'INVALID_ARGUMENT',
      'bad_request',
      'raw_input_contents: expected every input there and none in its contents, got 1 of 2',
    ],
    [
      'has its values twice',
      { ...digitsRequest, raw_input_contents: [new Uint8Array(256)] },
      'INVALID_ARGUMENT',
      'bad_request',
      'raw_input_contents: expected every input there and none in its contents, got 1 of 1',
    ],
    [
      'has FP16 in typed contents',
      { model_name: 'digits', inputs: [{ ...digitsInput, datatype: 'FP16' }] },
      'INVALID_ARGUMENT',
      'bad_datatype',
      "input 'features': FP16 has no typed contents, send raw_input_contents",
    ],
    [
      'has a value that its type cannot hold',
      {
        model_name: 'digits',
        inputs: [{ name: 'x', datatype: 'INT8', shape: [1], contents: { int_contents: [128] } }],
      },
      'INVALID_ARGUMENT',
      'bad_datatype',
      "input 'x', value 0: expected a number that INT8 can hold, got 128",
    ],
    [
      'has text that is not UTF-8',
      {
        model_name: 'two-inputs',
        inputs: [
          {
            name: 'city',
            datatype: 'BYTES',
            shape: [1, 1],
            contents: { bytes_contents: [new Uint8Array([0xff])] },
          },
        ],
      },
      'INVALID_ARGUMENT',
      'bad_datatype',
      "input 'city', value 0: expected UTF-8 text without NUL characters",
    ],
    [
      'is of another type than the model',
      {
        model_name: 'digits',
        inputs: [{ ...digitsInput, datatype: 'FP64', contents: { fp64_contents: digits } }],
      },
      'INVALID_ARGUMENT',
      'bad_datatype',
      "input 'features': expected FP32, got FP64",
    ],
    [
      'lacks an input',
      { ...two([1], ['a']), inputs: two([1], ['a']).inputs.slice(0, 1) },
      'INVALID_ARGUMENT',
      'bad_feature',
      "missing input 'city'",
    ],
    [
      'asks for an output that there is not',
      { ...digitsRequest, outputs: [{ name: 'y' }] },
      'INVALID_ARGUMENT',
      'bad_feature',
      "unknown output 'y'; the model has label, probabilities",
    ],
    [
      'belongs to a sequence',
      { ...digitsRequest, parameters: { sequence_id: { int64_param: 1 } } },
      'INVALID_ARGUMENT',
      'bad_request',
      'parameters.sequence_id: there are no stateful models',
    ],
    [
      'has a timeout that is no number',
      { ...digitsRequest, parameters: { timeout: { string_param: '1' } } },
      'INVALID_ARGUMENT',
      'bad_request',
      'parameters.timeout: expected a number of microseconds',
    ],
    [
      'asks for no classes',
      {
        ...digitsRequest,
        outputs: [{ name: 'label', parameters: { classification: { int64_param: 0 } } }],
      },
      'INVALID_ARGUMENT',
      'bad_request',
      'parameters.classification: expected a number of classes',
    ],
    [
      'is larger than MAX_BODY_BYTES',
      { model_name: 'digits', raw_input_contents: [new Uint8Array(LIMIT)] },
      'RESOURCE_EXHAUSTED',
      'body_too_large',
      /^Received message larger than max/,
    ],
  ])('%s', async (_, request, status, code, details) => {
    const failure = await client.refused('ModelInfer', request);
    expect(failure).toMatchObject({ status, code });
    if (typeof details === 'string') expect(failure.details).toBe(details);
    else expect(failure.details).toMatch(details);
    expect(await lineOf(String(failure.requestId))).toMatchObject({
      level: 'info',
      method: 'ModelInfer',
      grpc_status: status,
      code,
    });
  });

  it('is a message that cannot be decoded', async () => {
    const failure = await client
      .send('ModelInfer', Buffer.from([0xff, 0xff]))
      .catch((error: unknown) => error);
    expect(failure).toMatchObject({ status: 'INTERNAL', code: 'bad_request' });
  });

  it('fails in its run: the caller learns no more than that, the log has the reason', async () => {
    const input = {
      name: 'place',
      datatype: 'INT64',
      shape: [1],
      contents: { int64_contents: ['99'] },
    };
    const failure = await client.refused('ModelInfer', { model_name: 'lookup', inputs: [input] });
    expect(failure).toMatchObject({
      status: 'INTERNAL',
      code: 'inference_failed',
      details: "model 'lookup' failed to run on this input",
    });
    const line = await lineOf(String(failure.requestId), server, 'failed');
    expect(line).toMatchObject({ level: 'error', code: 'inference_failed' });
    expect(JSON.stringify(line.err)).toContain('Gather');
  });
});

describe('an answer that cannot be written', () => {
  it('leaves its reason in the log, where the library would keep it to itself', () => {
    const failed = vi.fn();
    const quiet = { debug: () => {}, info: () => {}, warn: () => {}, error: failed };
    const write = loadService(quiet).ModelInfer?.responseSerialize;
    expect(() => write?.({ outputs: 1 })).toThrow('array expected');
    expect(failed).toHaveBeenCalledWith({ code: 'internal', err: expect.any(Error) }, 'failed');
  });
});

describe('what is measured', () => {
  it('is every prediction, once, under its own protocol', async () => {
    const own = await start({ MAX_BODY_BYTES: '4096' });
    await own.client.infer(digitsRequest);
    await own.client.infer({ ...digitsRequest, model_version: '1' });
    await own.client.refused('ModelInfer', { model_name: 'digits' });
    await own.client.refused('ModelInfer', { model_name: 'nope' });
    await own.client.refused('ModelInfer', { raw_input_contents: [new Uint8Array(5000)] });
    await own.client.call('ServerLive', {});
    const requests = await samples('prediction_requests_total', own.server);
    const grpc = 'protocol="grpc"';
    // Every outcome is there from the first one on, so that a rate sees the first failure.
    const outcomes = (model: string, version: string, counts: Record<string, number>) =>
      ['ok', 'invalid', 'rejected', 'timeout', 'failed'].map((outcome) => [
        `model="${model}",version="${version}",${grpc},outcome="${outcome}"`,
        counts[outcome] ?? 0,
      ]);
    expect(requests).toEqual(
      Object.fromEntries([
        ...outcomes('digits', '1', { ok: 2, invalid: 1 }),
        ...outcomes('unknown', 'unknown', { invalid: 2 }),
      ]),
    );
    const rows = await samples('prediction_rows_total', own.server);
    expect(rows['model="digits",version="1"']).toBe(2);
    const seconds = await samples('prediction_request_seconds_total', own.server);
    expect(seconds['model="digits",version="1",outcome="ok"']).toBeGreaterThan(0);
    // They are no requests over HTTP, of which there were these scrapes alone.
    const http = await samples('http_request_duration_seconds_count', own.server);
    expect(Object.keys(http)).toEqual(['method="GET",route="/metrics",status="200"']);
    own.client.close();
    await own.server.stop();
  });

  it('is in one line of the log for each call, under the id that the caller gave', async () => {
    const traceparent = `00-${'4b'.repeat(16)}-00f067aa0ba902b7-01`;
    await client.infer(digitsRequest, { headers: { 'x-request-id': 'given-1', traceparent } });
    expect(await lineOf('given-1')).toEqual({
      level: 'info',
      time: expect.any(Number),
      request_id: 'given-1',
      trace_id: '4b'.repeat(16),
      parent_id: '00f067aa0ba902b7',
      span_id: expect.stringMatching(/^[0-9a-f]{16}$/),
      method: 'ModelInfer',
      grpc_status: 'OK',
      duration_ms: expect.any(Number),
      model: 'digits',
      version: '1',
      rows: 1,
      queue_ms: expect.any(Number),
      inference_ms: expect.any(Number),
      msg: 'call',
    });
    const refused = { headers: { 'x-request-id': 'has spaces' } };
    const { requestId } = await client.refused('ModelInfer', { model_name: 'nope' }, refused);
    expect(requestId).toMatch(/^[0-9a-f-]{36}$/);
  });
});

describe('a call that nobody waits for any more', () => {
  it('ends at its deadline', async () => {
    const headers = { 'x-request-id': 'deadline' };
    const failure = await client.refused('ModelInfer', slowRequest(20), { headers, deadline: 100 });
    expect(failure).toMatchObject({ status: 'DEADLINE_EXCEEDED' });
    expect(await lineOf('deadline')).toMatchObject({
      grpc_status: 'DEADLINE_EXCEEDED',
      code: 'timeout',
      model: 'slow',
    });
    const requests = await samples('prediction_requests_total');
    expect(requests['model="slow",version="1",protocol="grpc",outcome="timeout"']).toBe(1);
  });

  it('is not run when it is cancelled while it waits', async () => {
    const own = await start();
    const running = own.client.infer(slowRequest(10));
    await isUnderWay(own.client);
    const cancelled = own.client.refused('ModelInfer', slowRequest(1000), {
      headers: { 'x-request-id': 'cancelled' },
      onStart: (cancel) => setTimeout(cancel, 100),
    });
    expect(await cancelled).toMatchObject({ status: 'CANCELLED' });
    expect((await running).raw_output_contents).toHaveLength(1);
    expect(await lineOf('cancelled', own.server)).toMatchObject({
      grpc_status: 'CANCELLED',
      code: 'cancelled',
    });
    await own.client.infer(slowRequest(1));
    const rows = await samples('prediction_rows_total', own.server);
    expect(rows['model="slow",version="1"']).toBe(11);
    own.client.close();
    await own.server.stop();
  });

  it('waits no longer than its parameter timeout says, and than REQUEST_TIMEOUT_MS', async () => {
    const running = client.infer(slowRequest(10));
    await isUnderWay(client);
    const parameters = { timeout: { int64_param: 50_000 } };
    expect(await client.refused('ModelInfer', { ...slowRequest(1), parameters })).toMatchObject({
      status: 'DEADLINE_EXCEEDED',
      code: 'timeout',
    });
    await running;

    const own = await start({ REQUEST_TIMEOUT_MS: '50' });
    // Whether it runs already or still waits.
    const late = [slowRequest(10), slowRequest(10)].map((request) =>
      own.client.refused('ModelInfer', request),
    );
    const failure = {
      status: 'DEADLINE_EXCEEDED',
      code: 'timeout',
      details: 'the request waited longer than it may',
    };
    expect(await Promise.all(late)).toMatchObject([failure, failure]);
    own.client.close();
    await own.server.stop();
  });

  it('is turned away while too much waits already', async () => {
    const own = await start({ MAX_QUEUE_ROWS: '11', MAX_BATCH_ROWS: '1' });
    const running = own.client.infer(slowRequest(10));
    await isUnderWay(own.client);
    const calls = [running, own.client.infer(slowRequest(1)), own.client.infer(slowRequest(1))];
    const outcomes = await Promise.allSettled(calls);
    expect(outcomes.filter(({ status }) => status === 'rejected')).toMatchObject([
      { reason: { status: 'UNAVAILABLE', code: 'overloaded' } },
    ]);
    own.client.close();
    await own.server.stop();
  });
});

describe('a stream', () => {
  /** Sends requests on a stream, and gives what has come when it is over. */
  const exchange = (requests: readonly LooseRequest[], headers = {}) =>
    new Promise<StreamAnswer[]>((resolve, reject) => {
      const stream = client.stream(headers);
      const answers: StreamAnswer[] = [];
      stream.on('data', (answer: StreamAnswer) => answers.push(answer));
      stream.on('end', () => resolve(answers));
      stream.on('error', (error: ServiceError) => reject(toFailure(error)));
      for (const request of requests) stream.write(request);
      stream.end();
    });

  it('answers each request in its order, and goes on after one that is wrong', async () => {
    const ages = [3, 1, 2];
    const requests: LooseRequest[] = ages.map((age) => ({ ...two([age], ['x']), id: `${age}` }));
    requests.splice(1, 0, { model_name: 'nope', id: 'wrong' });
    const answers = await exchange(requests, { 'x-request-id': 'stream-1' });
    expect(answers.map(({ infer_response }) => infer_response?.id)).toEqual([
      '3',
      'wrong',
      '1',
      '2',
    ]);
    expect(answers[1]?.error_message).toBe("Request for unknown model: 'nope' is not found");
    expect(answers[3]).toMatchObject({
      error_message: '',
      infer_response: { outputs: [{ contents: { fp32_contents: [3] } }, {}] },
    });
    expect(await lineOf('stream-1')).toMatchObject({
      method: 'ModelStreamInfer',
      grpc_status: 'OK',
    });
    const lines = server.logs().filter(({ request_id: id, msg }) => {
      return id === 'stream-1' && msg === 'streamed';
    });
    expect(lines.map(({ grpc_status }) => grpc_status)).toEqual(['OK', 'NOT_FOUND', 'OK', 'OK']);
  });

  it('is read no faster than its answers are', async () => {
    const requests = Array.from({ length: 200 }, (_, i) => ({ ...digitsRequest, id: `${i}` }));
    const answers = await exchange(requests);
    expect(answers.map(({ infer_response }) => Number(infer_response?.id))).toEqual([
      ...requests.keys(),
    ]);
  });

  it('may be empty, and may be given up', async () => {
    expect(await exchange([])).toEqual([]);
    const stream = client.stream({ 'x-request-id': 'given-up' });
    stream.on('error', () => {});
    stream.write(slowRequest(5));
    await vi.waitFor(async () => {
      const http = await server.fetch('/healthz');
      expect(http.status).toBe(200);
    });
    setTimeout(() => stream.cancel(), 50);
    expect(await lineOf('given-up')).toMatchObject({ grpc_status: 'CANCELLED' });
    expect(await client.call('ServerLive', {})).toEqual({ live: true });
  });
});

describe('a server that is told to stop', () => {
  it('finishes the calls that are under way, and takes nothing new', async () => {
    const own = await start();
    const running = own.client.infer(slowRequest(20));
    const idle = own.client.stream();
    const refused = new Promise((resolve) => {
      idle.on('error', (error: ServiceError) => resolve(toFailure(error)));
    });
    const busy = own.client.stream();
    const answers: StreamAnswer[] = [];
    const ended = new Promise((resolve) => {
      busy.on('data', (answer: StreamAnswer) => answers.push(answer));
      busy.on('error', (error: ServiceError) => resolve(toFailure(error)));
    });
    busy.write({ ...slowRequest(2), id: 'last' });
    await isUnderWay(own.client);

    const stopped = own.server.stop();
    await vi.waitFor(() =>
      expect(own.server.logs()).toContainEqual(expect.objectContaining({ msg: 'draining' })),
    );
    expect(await refused).toMatchObject({ status: 'UNAVAILABLE', code: 'shutting_down' });
    const late = new GrpcClient(own.server);
    expect(await late.refused('ModelInfer', digitsRequest)).toMatchObject({
      status: 'UNAVAILABLE',
    });
    expect(await own.client.refused('ModelInfer', digitsRequest)).toMatchObject({
      status: 'UNAVAILABLE',
    });
    expect(floats((await running).raw_output_contents[0])).toEqual(new Array(20).fill(1));
    expect(await ended).toMatchObject({ status: 'UNAVAILABLE', code: 'shutting_down' });
    expect(answers.map(({ infer_response }) => infer_response?.id)).toEqual(['last']);
    expect(await stopped).toBe(0);
    expect(own.server.logs().at(-1)).toMatchObject({ msg: 'stopped' });
    late.close();
    own.client.close();
  });

  it('cuts what does not end within the time that it has', async () => {
    const own = await start({ SHUTDOWN_SECONDS: '1' });
    // Several times as long as that, also on a fast machine.
    const cut = own.client.refused('ModelInfer', slowRequest(200));
    await isUnderWay(own.client);
    expect(await own.server.stop()).toBe(0);
    expect(await cut).toMatchObject({ status: expect.stringMatching(/UNAVAILABLE|CANCELLED/) });
    expect(own.server.logs().map(({ msg }) => msg)).toContain(
      'shutdown took too long; gRPC connections are cut',
    );
    own.client.close();
  });
});

describe('loading and unloading', () => {
  const headers = { authorization: 'Bearer admin' };

  it('takes the name where Triton puts it and where KServe does, from the administrator alone', async () => {
    const own = await start({ ADMIN_TOKEN: 'admin' });
    const ready = () => own.client.call('ModelReady', { name: 'lookup' });
    const forms = [{ model_name: 'lookup' }, { repository_or_model_name: 'lookup' }];
    for (const named of forms) {
      for (const method of ['RepositoryModelUnload', 'RepositoryModelLoad']) {
        await expect(own.client.call(method, named)).rejects.toMatchObject({
          status: 'UNAUTHENTICATED',
          code: 'unauthorized',
        });
      }
      expect(await own.client.call('RepositoryModelUnload', named, { headers })).toEqual({
        model_name: 'lookup',
        isUnloaded: true,
      });
      expect(await ready()).toEqual({ ready: false });
      expect(await own.client.call('RepositoryModelLoad', named, { headers })).toEqual({
        model_name: 'lookup',
        isLoaded: true,
      });
      expect(await ready()).toEqual({ ready: true });
    }
    const given = { model_name: 'lookup', parameters: { config: { string_param: '{}' } } };
    await expect(own.client.call('RepositoryModelLoad', given, { headers })).rejects.toMatchObject({
      status: 'INVALID_ARGUMENT',
      details: 'parameters.config: a model is loaded as it lies in the repository',
    });
    const broken = { model_name: 'broken' };
    await expect(own.client.call('RepositoryModelLoad', broken, { headers })).rejects.toMatchObject(
      { status: 'INVALID_ARGUMENT', code: 'bad_model' },
    );
    own.client.close();
    await own.server.stop();
  });

  it('is off without a token to ask for', async () => {
    const named = { model_name: 'lookup' };
    await expect(client.call('RepositoryModelUnload', named, { headers })).rejects.toMatchObject({
      status: 'PERMISSION_DENIED',
      code: 'forbidden',
    });
  });
});

describe('GRPC_PORT', () => {
  it('is off unless it is set', async () => {
    const own = await startNode();
    expect(own.logs().filter(({ msg }) => msg === 'grpc listening')).toEqual([]);
    await own.stop();
  });

  it('or PORT that is taken stops the start', async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    const address = taken.address();
    const port = String(typeof address === 'object' ? address?.port : '');
    const message = 'the port is in use; set';
    for (const [settings, stderr] of [
      [
        { PORT: '0', GRPC_PORT: port },
        `cannot listen on 127.0.0.1:${port} for gRPC: ${message} GRPC_PORT to another\n`,
      ],
      [
        { PORT: port, GRPC_PORT: '0' },
        `cannot listen on 127.0.0.1:${port}: ${message} PORT to another\n`,
      ],
    ] as const) {
      const result = spawnSync(process.execPath, ['src/node.ts'], {
        env: { ...process.env, ...settings },
        encoding: 'utf8',
        timeout: 20_000,
      });
      expect({ status: result.status, stderr: result.stderr }).toEqual({ status: 1, stderr });
    }
    await new Promise((resolve) => taken.close(resolve));
  });
});
