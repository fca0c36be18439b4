import { readFileSync } from 'node:fs';
import { deflateSync, gunzipSync, gzipSync } from 'node:zlib';
import { setFloat16 } from '@petamoriken/float16';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { runningClock } from '../../src/clock.ts';
import { type Datatype, elementCount } from '../../src/inference/tensor.ts';
import { createTestApp } from '../helpers/app.ts';
import { post, readCard } from '../helpers/golden.ts';
import { binaryRequest, readAnswer } from '../helpers/open-inference.ts';
import { memoryStore, shippedCard, shippedGraph } from '../helpers/store.ts';

const graph = (name: string) => ({
  versions: { '1': new Uint8Array(readFileSync(`test/models/${name}.onnx`)) },
});
const NAMES = ['every-type', 'scalar', 'vector', 'matrix', 'fixed', 'text', 'lookup', 'two-inputs'];
const LIMIT = 100_000;

let app: Awaited<ReturnType<typeof createTestApp>>['app'];
beforeAll(async () => {
  const store = memoryStore({
    ...Object.fromEntries(NAMES.map((name) => [name, graph(name)])),
    'breast-cancer': {
      card: shippedCard('breast-cancer'),
      versions: { '1': shippedGraph('breast-cancer') },
    },
    broken: { versions: { '1': new Uint8Array(3) } },
  });
  ({ app } = await createTestApp({ MAX_BODY_BYTES: String(LIMIT) }, { store }));
});

const infer = async (model: string, init: RequestInit, status = 200) => {
  const response = await app.request(`/v2/models/${model}/infer`, init);
  expect(response.status).toBe(status);
  return response;
};
const inferJson = async (model: string, body: unknown) =>
  readAnswer(await infer(model, post(body)));
const refuse = async (model: string, init: RequestInit, code: string, status = 400) => {
  const body = (await (await infer(model, init, status)).json()) as { code: string; error: string };
  expect(body.code).toBe(code);
  return body.error;
};

/** Two rows of two values for every element type: the smallest and largest, and what is easily lost. */
const VALUES: Readonly<Record<Datatype, readonly unknown[]>> = {
  BOOL: [true, false, false, true],
  UINT8: [0, 255, 1, 2],
  UINT16: [0, 65_535, 1, 2],
  UINT32: [0, 4_294_967_295, 1, 2],
  UINT64: ['18446744073709551615', 0, '9007199254740993', 2],
  INT8: [-128, 127, 0, 1],
  INT16: [-32_768, 32_767, 0, 1],
  INT32: [-2_147_483_648, 2_147_483_647, 0, 1],
  INT64: ['-9223372036854775808', '9223372036854775807', 9_007_199_254_740_991, -1],
  FP16: [2 ** -24, 65_504, -1.5, 0],
  FP32: [2 ** -149, 3.4028234663852886e38, -0.5, 16_777_216],
  FP64: [5e-324, 1.7976931348623157e308, 0.1, -1],
  BYTES: ['', 'äöü €', '日本語 🦊', 'a"b\\c\n'],
};
const names = Object.keys(VALUES) as Datatype[];
const everyInput = names.map((datatype) => ({
  name: datatype.toLowerCase(),
  datatype,
  shape: [2, 2],
  data: VALUES[datatype],
}));
const everyOutput = names.map((datatype) => ({
  name: `same_${datatype.toLowerCase()}`,
  datatype,
  shape: [2, 2],
  data: VALUES[datatype],
}));

describe('every element type', () => {
  it('goes through JSON without losing a digit', async () => {
    const { outputs } = await inferJson('every-type', { inputs: everyInput });
    expect(outputs).toEqual(everyOutput);
  });

  it('may be nested as its shape is', async () => {
    const nested = everyInput.map((input) => ({
      ...input,
      data: [input.data.slice(0, 2), input.data.slice(2)],
    }));
    expect((await inferJson('every-type', { inputs: nested })).outputs).toEqual(everyOutput);
  });

  it('goes through bytes, and mixed with JSON', async () => {
    const bytes = everyInput.map(({ datatype }) => encode(datatype, VALUES[datatype]));
    const all = everyInput.map(({ data: _, ...head }, i) => ({
      ...head,
      parameters: { binary_data_size: bytes[i]?.byteLength },
    }));
    const binary = await infer(
      'every-type',
      binaryRequest({ inputs: all, parameters: { binary_data_output: true } }, bytes),
    );
    expect(binary.headers.get('Content-Type')).toBe('application/octet-stream');
    const answer = await readAnswer(binary);
    expect(answer.outputs.map(({ bytes }) => bytes)).toEqual(bytes);

    const mixed = everyInput.map((input, i) => (i % 2 === 0 ? all[i] : input));
    const wanted = everyOutput.map(({ name }, i) => ({ name, parameters: { binary_data: i > 5 } }));
    const second = await readAnswer(
      await infer(
        'every-type',
        binaryRequest(
          { inputs: mixed, outputs: wanted, parameters: { binary_data_output: true } },
          bytes.filter((_, i) => i % 2 === 0),
        ),
      ),
    );
    expect(second.outputs.map(({ data, bytes }) => data ?? bytes)).toEqual(
      everyOutput.map(({ data }, i) => (i > 5 ? bytes[i] : data)),
    );
  });

  it('has no JSON for what is no number', async () => {
    const nan = encode('FP32', [Number.NaN, Number.POSITIVE_INFINITY]);
    const head = { name: 'x', datatype: 'FP32', shape: [1, 2] };
    const { outputs } = await readAnswer(
      await infer(
        'matrix',
        binaryRequest({ inputs: [{ ...head, parameters: { binary_data_size: 8 } }] }, [nan]),
      ),
    );
    expect(outputs[0]?.data).toEqual([null, null]);
    expect(
      await refuse('matrix', post({ inputs: [{ ...head, data: [null, 1] }] }), 'bad_datatype'),
    ).toBe("input 'x', value 0: expected a number, got null");
  });
});

/** Values as the extension writes them, made without the code under test. */
function encode(datatype: Datatype, values: readonly unknown[]): Uint8Array {
  const buffer = Buffer.alloc(8 * values.length);
  const write: Partial<Record<Datatype, (value: never, offset: number) => number>> = {
    BOOL: (value: boolean, at) => buffer.writeUInt8(value ? 1 : 0, at),
    UINT8: (value: number, at) => buffer.writeUInt8(value, at),
    UINT16: (value: number, at) => buffer.writeUInt16LE(value, at),
    UINT32: (value: number, at) => buffer.writeUInt32LE(value, at),
    UINT64: (value: string, at) => buffer.writeBigUInt64LE(BigInt(value), at),
    INT8: (value: number, at) => buffer.writeInt8(value, at),
    INT16: (value: number, at) => buffer.writeInt16LE(value, at),
    INT32: (value: number, at) => buffer.writeInt32LE(value, at),
    INT64: (value: string, at) => buffer.writeBigInt64LE(BigInt(value), at),
    FP16: (value: number, at) => {
      setFloat16(new DataView(buffer.buffer, buffer.byteOffset), at, value, true);
      return at + 2;
    },
    FP32: (value: number, at) => buffer.writeFloatLE(value, at),
    FP64: (value: number, at) => buffer.writeDoubleLE(value, at),
  };
  if (datatype === 'BYTES') {
    const texts = Buffer.concat(
      values.map((value) => {
        const text = Buffer.from(String(value));
        const length = Buffer.alloc(4);
        length.writeUInt32LE(text.byteLength);
        return Buffer.concat([length, text]);
      }),
    );
    return new Uint8Array(texts);
  }
  const end = values.reduce<number>(
    (offset, value) => write[datatype]?.(value as never, offset) ?? offset,
    0,
  );
  return new Uint8Array(buffer.subarray(0, end));
}

describe('every class of shape', () => {
  it.each([
    ['scalar', 'FP32', [], [7.5]],
    ['vector', 'INT64', [3], [1, 2, 3]],
    ['vector', 'INT64', [0], []],
    ['matrix', 'FP32', [0, 3], []],
    ['matrix', 'FP32', [3, 0], []],
    ['matrix', 'FP32', [2, 2], [1, 2, 3, 4]],
    ['fixed', 'FP32', [2, 3], [1, 2, 3, 4, 5, 6]],
    ['text', 'BYTES', [2], ['a', '']],
  ] as const)('%s: %s %j', async (model, datatype, shape, data) => {
    const input = { name: 'x', datatype, shape, data };
    const expected = { name: 'y', datatype, shape, data };
    expect((await inferJson(model, { inputs: [input] })).outputs).toEqual([expected]);

    const bytes = encode(datatype, data);
    const { data: _, ...head } = input;
    const sized = { ...head, parameters: { binary_data_size: bytes.byteLength } };
    const outputs = [{ name: 'y', parameters: { binary_data: true } }];
    const answer = await readAnswer(
      await infer(model, binaryRequest({ inputs: [sized], outputs }, [bytes])),
    );
    expect(answer.outputs[0]?.bytes).toEqual(bytes);
    expect(elementCount(answer.outputs[0]?.shape ?? [])).toBe(data.length);
  });

  it('of a raw binary request comes from the size of the body', async () => {
    const raw = (body: Uint8Array) => ({
      method: 'POST',
      headers: { 'Inference-Header-Content-Length': '0' },
      body: new Uint8Array(body),
    });
    const vector = await readAnswer(await infer('vector', raw(encode('INT64', ['1', '2', '3']))));
    expect(vector.outputs).toMatchObject([
      { name: 'y', shape: [3], bytes: encode('INT64', ['1', '2', '3']) },
    ]);
    const text = await readAnswer(await infer('text', raw(Buffer.from('whole body'))));
    expect(text.outputs[0]?.bytes).toEqual(new Uint8Array(encode('BYTES', ['whole body'])));
    expect(await refuse('vector', raw(new Uint8Array(9)), 'bad_shape')).toBe(
      "input 'x': shape [1] of INT64 takes 8 bytes, got 9",
    );
    expect(await refuse('vector', raw(new Uint8Array()), 'bad_request')).toBe(
      'a raw binary request needs a body, which is the tensor',
    );
    for (const model of ['matrix', 'two-inputs']) {
      await refuse(model, raw(new Uint8Array(8)), 'bad_request');
    }
  });
});

describe('what a request may ask for', () => {
  const place = (data: unknown[], more = {}) => ({
    inputs: [{ name: 'place', datatype: 'INT64', shape: [data.length], data }],
    ...more,
  });

  it('comes back with its id, and nothing else does', async () => {
    expect(await inferJson('lookup', place([3], { id: 'job-1' }))).toEqual({
      model_name: 'lookup',
      model_version: '1',
      id: 'job-1',
      outputs: [{ name: 'value', datatype: 'FP32', shape: [1], data: [30] }],
    });
    expect(await inferJson('lookup', place([3]))).not.toHaveProperty('id');
  });

  it('is some of the outputs, in their order', async () => {
    const outputs = [{ name: 'same_int8' }, { name: 'same_bool' }];
    const answer = await inferJson('every-type', { inputs: everyInput, outputs });
    expect(answer.outputs.map(({ name }) => name)).toEqual(['same_int8', 'same_bool']);
  });

  it('is the classes of highest score', async () => {
    const { examples } = readCard('breast-cancer');
    const inputs = [
      { name: 'features', datatype: 'FP32', shape: [2, 30], data: examples.slice(0, 2) },
    ];
    const classes = async (classification: number) => {
      const outputs = [{ name: 'probabilities', parameters: { classification } }];
      return (await inferJson('breast-cancer', { inputs, outputs })).outputs[0];
    };
    const score = String.raw`-?[\d.e-]+`;
    expect(await classes(1)).toMatchObject({
      datatype: 'BYTES',
      shape: [2, 1],
      data: [
        expect.stringMatching(new RegExp(`^${score}:0:malignant$`)),
        expect.stringMatching(new RegExp(`^${score}:0:malignant$`)),
      ],
    });
    expect(await classes(9)).toMatchObject({ shape: [2, 2] });
  });

  it('is not waited for longer than the request says', async () => {
    let now = 0;
    const scheduled: (() => void)[] = [];
    const { app: waiting } = await createTestApp(
      {},
      {
        store: memoryStore({ lookup: graph('lookup') }),
        clock: { ...runningClock, now: () => now },
        after: () => () => {},
        batching: {
          maxRows: 1,
          maxRunMs: 50,
          maxDelayMs: 0,
          maxQueueRows: 10,
          schedule: (flush) => scheduled.push(flush),
          now: () => now,
        },
      },
    );
    const wait = (timeout: number) =>
      waiting.request('/v2/models/lookup/infer', post(place([3], { parameters: { timeout } })));
    const answers = [wait(4999), wait(5001), wait(0)];
    await vi.waitFor(() => expect(scheduled).toHaveLength(1));
    await new Promise(setImmediate);
    now = 5;
    for (let flush = scheduled.shift(); flush; flush = scheduled.shift()) {
      flush();
      await new Promise(setImmediate);
    }
    expect((await Promise.all(answers)).map(({ status }) => status)).toEqual([504, 200, 200]);
  });

  it('is answered without a run where it has no rows', async () => {
    const empty = { name: 'features', datatype: 'FP32', shape: [0, 30], data: [] };
    const { outputs } = await inferJson('breast-cancer', { inputs: [empty] });
    expect(outputs).toEqual([
      { name: 'label', datatype: 'INT64', shape: [0], data: [] },
      { name: 'probabilities', datatype: 'FP32', shape: [0, 2], data: [] },
    ]);
  });

  it('is no class where an output has no scores', async () => {
    const outputs = [{ name: 'value', parameters: { classification: 1 } }];
    expect(await refuse('lookup', post(place([1, 2], { outputs })), 'bad_request')).toBe(
      "output 'value': cannot be classified, it is FP32 of shape [2]",
    );
  });

  it('is compressed both ways', async () => {
    const body = JSON.stringify(place(new Array(500).fill(1)));
    for (const [encoding, compress] of [
      ['gzip', gzipSync],
      ['deflate', deflateSync],
    ] as const) {
      const answer = await infer('lookup', {
        method: 'POST',
        headers: {
          'Content-Type': 'application/json',
          'Content-Encoding': encoding,
          'Accept-Encoding': 'gzip',
        },
        body: compress(body),
      });
      expect(answer.headers.get('Content-Encoding')).toBe('gzip');
      const json = gunzipSync(Buffer.from(await answer.arrayBuffer())).toString();
      expect(JSON.parse(json)).toMatchObject({ outputs: [{ shape: [500] }] });
    }
  });

  it('is bounded after it is decompressed', async () => {
    const bomb = gzipSync(Buffer.alloc(50 * LIMIT, ' '));
    expect(bomb.byteLength).toBeLessThan(LIMIT);
    const headers = { 'Content-Type': 'application/json', 'Content-Encoding': 'gzip' };
    const init = { method: 'POST', headers, body: bomb };
    expect(await refuse('lookup', init, 'body_too_large', 413)).toBe(
      `expected a body of at most ${LIMIT} bytes`,
    );
    const broken = { method: 'POST', headers, body: 'no gzip' };
    expect(await refuse('lookup', broken, 'bad_request')).toBe('the body is not gzip');
  });
});

describe('a request that is wrong', () => {
  const input = { name: 'x', datatype: 'FP32', shape: [1, 2], data: [1, 2] };
  const sized = (size: unknown) => ({
    name: 'x',
    datatype: 'FP32',
    shape: [1, 2],
    parameters: { binary_data_size: size },
  });
  const eight = [new Uint8Array(8)];

  it.each([
    ['no inputs', {}, 'bad_request', 'inputs: expected an array'],
    [
      'an unknown type',
      { inputs: [{ ...input, datatype: 'FP8' }] },
      'bad_request',
      /^inputs\.0\.datatype: /,
    ],
    [
      'a negative dimension',
      { inputs: [{ ...input, shape: [-1, 2] }] },
      'bad_request',
      /^inputs\.0\.shape\.0: /,
    ],
    [
      'no data',
      { inputs: [{ ...input, data: undefined }] },
      'bad_request',
      "input 'x': expected data",
    ],
    [
      'another type than the model has',
      { inputs: [{ ...input, datatype: 'FP64' }] },
      'bad_datatype',
      "input 'x': expected FP32, got FP64",
    ],
    [
      'another shape',
      { inputs: [{ ...input, shape: [2] }] },
      'bad_shape',
      "input 'x': expected shape [-1, -1], got [2]",
    ],
    [
      'too many dimensions',
      { inputs: [{ ...input, shape: new Array(65).fill(1) }] },
      'bad_request',
      /^inputs\.0\.shape: /,
    ],
    [
      'too few values',
      { inputs: [{ ...input, shape: [2, 2] }] },
      'bad_shape',
      "input 'x': shape [2, 2] holds 4 values, got 2",
    ],
    [
      'wrong nesting',
      {
        inputs: [
          {
            ...input,
            data: [
              [1, 2],
              [3, 4],
            ],
          },
        ],
      },
      'bad_shape',
      "input 'x': expected data nested as [1, 2], dimension 1 has 2",
    ],
    [
      'nesting that is broken',
      { inputs: [{ ...input, shape: [2, 1], data: [[1], 2] }] },
      'bad_shape',
      "input 'x': expected data nested as [2, 1], got 2 in dimension 1",
    ],
    [
      'a value of another type',
      { inputs: [{ ...input, data: [1, '2'] }] },
      'bad_datatype',
      `input 'x', value 1: expected a number, got the string "2"`,
    ],
    ['an unknown input', { inputs: [{ ...input, name: 'z' }] }, 'bad_feature', "missing input 'x'"],
    [
      'one input too many',
      { inputs: [input, { ...input, name: 'z' }] },
      'bad_feature',
      "unknown input 'z'; the model has x",
    ],
    [
      'an input twice',
      { inputs: [input, input] },
      'bad_feature',
      'expected each input once, got 2 for 1',
    ],
    [
      'an unknown output',
      { inputs: [input], outputs: [{ name: 'z' }] },
      'bad_feature',
      "unknown output 'z'; the model has y",
    ],
    [
      'an output twice',
      { inputs: [input], outputs: [{ name: 'y' }, { name: 'y' }] },
      'bad_feature',
      "output 'y' is asked for twice",
    ],
    [
      'a sequence',
      { inputs: [input], parameters: { sequence_id: 7 } },
      'bad_request',
      'parameters.sequence_id: there are no stateful models',
    ],
    [
      'a timeout that is no number',
      { inputs: [input], parameters: { timeout: 'x' } },
      'bad_request',
      'parameters.timeout: expected a number of microseconds',
    ],
    [
      'bytes that are not there',
      { inputs: [sized(8)] },
      'bad_request',
      "input 'x': binary_data_size needs the header Inference-Header-Content-Length",
    ],
  ])('has %s', async (_, body, code, message) => {
    expect(await refuse('matrix', post(body), code)).toEqual(
      typeof message === 'string' ? message : expect.stringMatching(message),
    );
  });

  it.each([
    [
      'a dimension that nothing can hold',
      { inputs: [{ ...input, shape: [2 ** 32, 0], data: [] }] },
      'too_many_rows',
      'expected at most 100000 rows in a request, got 4294967296',
    ],
    [
      'many rows of nothing',
      { inputs: [{ ...input, shape: [2 ** 25, 0], data: [] }] },
      'too_many_rows',
      'expected at most 100000 rows in a request, got 33554432',
    ],
    [
      'more values than a tensor may hold',
      { inputs: [{ ...input, shape: [2, 2 ** 24], data: [] }] },
      'too_many_values',
      "input 'x': expected at most 16777216 values, got 33554432",
    ],
  ])('has %s', async (_, body, code, message) => {
    expect(await refuse('matrix', post(body), code, 413)).toBe(message);
  });

  it.each([
    [
      'fewer bytes than it says',
      { inputs: [sized(9)] },
      "input 'x': binary_data_size is 9, the body has 8 bytes left",
    ],
    [
      'more bytes than it says',
      { inputs: [{ ...sized(4), shape: [1, 1] }] },
      'the inputs have 4 bytes of binary data, the body has 8',
    ],
    [
      'a size that is none',
      { inputs: [sized(-1)] },
      "input 'x': expected binary_data_size as a number of bytes",
    ],
    [
      'a switch that is neither on nor off',
      { inputs: [sized(8)], parameters: { binary_data_output: 'true' } },
      'parameters.binary_data_output: expected true or false',
    ],
    [
      'data twice',
      { inputs: [{ ...sized(8), data: [1, 2] }] },
      "input 'x': expected either data or binary_data_size",
    ],
  ])('has %s', async (_, json, message) => {
    expect(await refuse('matrix', binaryRequest(json, eight), 'bad_request')).toBe(message);
  });

  it.each(['-1', '1e3', '999999', 'x'])('has a header length of %s', async (length) => {
    const headers = { 'Inference-Header-Content-Length': length };
    const init = binaryRequest({ inputs: [sized(8)] }, eight, headers);
    expect(await refuse('matrix', init, 'bad_request')).toMatch(
      /^Inference-Header-Content-Length: expected 0 to \d+, the length of the body, got /,
    );
  });

  it('names a model or version that is not there, or not ready', async () => {
    const body = post({ inputs: [input] });
    expect(await refuse('x', body, 'model_not_found', 404)).toBe(
      "Request for unknown model: 'x' is not found",
    );
    expect(await refuse('matrix/versions/2', body, 'version_not_found', 404)).toBe(
      "model 'matrix' has no version '2'; it has 1",
    );
    await refuse('broken', body, 'not_ready', 503);
  });
});

describe('what there is to know', () => {
  const get = async (path: string, status = 200) => {
    const response = await app.request(path);
    expect(response.status).toBe(status);
    return response.json() as Promise<Record<string, unknown>>;
  };

  it('of the server', async () => {
    expect(await get('/v2/health/live')).toEqual({ live: true });
    expect(await get('/v2/health/ready', 503)).toMatchObject({ code: 'not_ready' });
    const server = {
      name: 'kilat',
      version: '0.0.0',
      extensions: [
        'binary_tensor_data',
        'classification',
        'model_configuration',
        'model_repository',
        'statistics',
      ],
    };
    expect(await get('/v2')).toEqual(server);
    expect(await get('/v2/')).toEqual(server);
    expect(await get('/v2/models')).toMatchObject({ models: expect.arrayContaining(NAMES) });
  });

  it('of a model, with and without its version', async () => {
    for (const path of ['/v2/models/two-inputs', '/v2/models/two-inputs/versions/1']) {
      expect(await get(path)).toEqual({
        name: 'two-inputs',
        versions: ['1'],
        platform: 'onnxruntime_onnx',
        inputs: [
          { name: 'age', datatype: 'FP32', shape: [-1, 1] },
          { name: 'city', datatype: 'BYTES', shape: [-1, 1] },
        ],
        outputs: [
          { name: 'older', datatype: 'FP32', shape: [-1, 1] },
          { name: 'home', datatype: 'BYTES', shape: [-1, 1] },
        ],
      });
      expect(await get(`${path}/ready`)).toEqual({ name: 'two-inputs', ready: true });
      expect(await get(`${path}/config`)).toMatchObject({
        max_batch_size: 64,
        input: [
          { name: 'age', data_type: 'TYPE_FP32', dims: [1] },
          { name: 'city', data_type: 'TYPE_STRING', dims: [1] },
        ],
      });
    }
    expect(await get('/v2/models/fixed/config')).toMatchObject({
      max_batch_size: 0,
      input: [{ dims: [2, 3] }],
    });
    expect(await get('/v2/models/broken/ready', 503)).toMatchObject({ code: 'not_ready' });
    expect(await get('/v2/models/x', 404)).toMatchObject({ code: 'model_not_found' });
  });

  it('of the repository', async () => {
    const index = async (body?: object) =>
      (await (
        await app.request('/v2/repository/index', body ? post(body) : { method: 'POST' })
      ).json()) as { name: string }[];
    expect(await index()).toContainEqual({
      name: 'broken',
      version: '1',
      state: 'UNAVAILABLE',
      reason: expect.stringContaining('ONNX Runtime cannot load the graph'),
    });
    expect((await index({ ready: true })).map(({ name }) => name)).not.toContain('broken');
  });

  it('of what a model has done, exactly', async () => {
    const before = await stats();
    const two = { inputs: [{ name: 'x', datatype: 'INT64', shape: [2], data: [1, 2] }] };
    for (let i = 0; i < 3; i++) await inferJson('vector', two);
    await refuse('vector', post({}), 'bad_request');
    const after = await stats();
    expect(after.inference_count - before.inference_count).toBe(6);
    expect(after.execution_count - before.execution_count).toBe(3);
    for (const kind of ['success', 'queue', 'compute_infer', 'compute_input'] as const) {
      expect(after.inference_stats[kind].count - before.inference_stats[kind].count).toBe(3);
    }
    expect(after.inference_stats.compute_infer.ns).toBeGreaterThan(
      before.inference_stats.compute_infer.ns,
    );
    expect(after.inference_stats.success.ns).toBeGreaterThanOrEqual(
      after.inference_stats.compute_infer.ns,
    );
    // A request that is wrong is no failure of the model.
    expect(after.inference_stats.fail.count).toBe(before.inference_stats.fail.count);
    expect(after.last_inference).toBeGreaterThanOrEqual(before.last_inference);
    expect(await get('/v2/models/stats')).toMatchObject({
      model_stats: expect.arrayContaining([expect.objectContaining({ name: 'text' })]),
    });

    async function stats() {
      const [own] = (await get('/v2/models/vector/stats')).model_stats as [
        {
          inference_count: number;
          execution_count: number;
          last_inference: number;
          inference_stats: Record<string, { count: number; ns: number }>;
        },
      ];
      return own as typeof own & {
        inference_stats: Record<
          'success' | 'fail' | 'queue' | 'compute_infer' | 'compute_input',
          { count: number; ns: number }
        >;
      };
    }
  });
});
