import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { post, readCard } from '../helpers/golden.ts';
import { TARGET_NAMES, TARGETS, type Target } from '../helpers/targets.ts';

const card = readCard('breast-cancer');
const row = card.examples[0] as number[];
const named = Object.fromEntries(card.features.map(({ name }, i) => [name, row[i]]));
const changed = (index: number, value: unknown) => row.map((v, i) => (i === index ? value : v));
const without = (name: string) =>
  Object.fromEntries(Object.entries(named).filter(([key]) => key !== name));
const LIMIT = 20_000;

interface Case {
  readonly name: string;
  readonly path?: string;
  readonly init: RequestInit;
  readonly status: number;
  readonly code: string;
  readonly message: string;
}

const bad = (name: string, body: unknown, code: string, message: string, path?: string): Case => ({
  name,
  init: post(body),
  status: 400,
  code,
  message,
  ...(path && { path }),
});

const CASES: readonly Case[] = [
  bad('an empty body', '', 'bad_json', 'expected a JSON body, got an empty one'),
  bad('a body of spaces', '  \n', 'bad_json', 'expected a JSON body, got an empty one'),
  bad(
    'NaN written as JSON never does',
    '{"instances": [[1, NaN]]}',
    'bad_json',
    'the body is not JSON: unexpected "NaN" at line 1, column 20',
  ),
  bad(
    'JSON that ends too early',
    '{"instances": [[1,\n 2',
    'bad_json',
    'the body is not JSON: it ends too early at line 2, column 3',
  ),
  bad(
    'single quotes',
    "{'instances': []}",
    'bad_json',
    'the body is not JSON: unexpected "\'instances\'" at line 1, column 2',
  ),
  bad(
    'a trailing comma',
    '[1, 2,]',
    'bad_json',
    'the body is not JSON: unexpected "]" at line 1, column 7',
  ),
  bad(
    'JSON nested very deep',
    '['.repeat(19_000),
    'too_deep',
    'expected JSON nested at most 64 deep',
  ),
  bad(
    'JSON nested too deep behind brackets that are text',
    `{"[[[[\\"{": [${'{"a":'.repeat(63)}1`,
    'too_deep',
    'expected JSON nested at most 64 deep',
  ),
  {
    name: 'bytes that are not UTF-8',
    init: { ...post(''), body: new Uint8Array([0x22, 0xff, 0xfe, 0x22]) },
    status: 400,
    code: 'bad_json',
    message: 'the body is not UTF-8 text',
  },
  bad(
    'a number',
    '42',
    'bad_request',
    'expected {"instances": [row, ...]} or one bare row, an array or an object',
  ),
  bad(
    'null',
    'null',
    'bad_request',
    'expected {"instances": [row, ...]} or one bare row, an array or an object',
  ),
  bad(
    'a list of rows without its wrapper',
    [row, row],
    'bad_request',
    'a list of rows goes into {"instances": [...]}',
  ),
  bad(
    'instances that are no array',
    { instances: 'all' },
    'bad_request',
    "'instances': expected an array of rows",
  ),
  bad(
    'a key beside instances',
    { instances: [row], instance: [row] },
    'bad_request',
    "unknown key 'instance' beside 'instances'",
  ),
  bad(
    'no rows',
    { instances: [] },
    'bad_shape',
    "'instances': expected at least one row, got none",
  ),
  bad(
    'a row that is too short',
    { instances: [row, row, row.slice(1)] },
    'bad_shape',
    "input 'features': expected 30 features per row, row 2 has 29",
  ),
  bad(
    'a row that is too long',
    [...row, 1],
    'bad_shape',
    "input 'features': expected 30 features per row, row 0 has 31",
  ),
  bad(
    'an empty row',
    [],
    'bad_shape',
    "input 'features': expected 30 features per row, row 0 has 0",
  ),
  bad(
    'a row that is a number',
    { instances: [row, 7] },
    'bad_shape',
    "input 'features': expected 30 features per row, row 1 is 7",
  ),
  bad(
    'a row that is null',
    { instances: [null] },
    'bad_shape',
    "input 'features': expected 30 features per row, row 0 is null",
  ),
  bad(
    'a string where a number belongs',
    { instances: [row, row, changed(0, '17.99')] },
    'bad_datatype',
    'row 2, feature \'mean radius\': expected a number, got the string "17.99"',
  ),
  bad(
    'NaN written as text',
    { instances: [changed(3, 'NaN')] },
    'bad_datatype',
    'row 0, feature \'mean area\': expected a number, got the string "NaN"',
  ),
  bad(
    'null where a number belongs',
    [...changed(29, null)],
    'bad_datatype',
    "row 0, feature 'worst fractal dimension': expected a number, got null",
  ),
  bad(
    'true where a number belongs',
    { instances: [{ ...named, 'mean texture': true }] },
    'bad_datatype',
    "row 0, feature 'mean texture': expected a number, got true",
  ),
  bad(
    'an array where a number belongs',
    { instances: [changed(1, [1])] },
    'bad_datatype',
    "row 0, feature 'mean texture': expected a number, got an array",
  ),
  bad(
    'a number beyond single precision',
    { instances: [changed(0, 1e39)] },
    'bad_datatype',
    "row 0, feature 'mean radius': expected a number that FP32 can hold, got 1e+39",
  ),
  bad(
    'a number beyond double precision',
    '{"instances": [[59, 2, 32.1, 101, 157, 93.2, 38, 4, 4.8598, 1e999]]}',
    'bad_datatype',
    "row 0, feature 's6': expected a number that FP64 can hold, got Infinity",
    '/models/diabetes/predict',
  ),
  bad(
    'a missing feature',
    { instances: [named, without('mean area')] },
    'bad_feature',
    "row 1: missing feature 'mean area'",
  ),
  bad(
    'an unknown feature',
    { instances: [{ ...named, 'mean colour': 1 }] },
    'bad_feature',
    "row 0: unknown feature 'mean colour'",
  ),
  bad(
    'a misspelt wrapper, which reads as a row',
    { instance: [row] },
    'bad_feature',
    `expected {"instances": [row, ...]} or an object of the model's features, such as 'mean radius', got one with 'instance'`,
  ),
  bad(
    'an object of nothing',
    {},
    'bad_feature',
    `expected {"instances": [row, ...]} or an object of the model's features, such as 'mean radius', got an empty one`,
  ),
  bad(
    'a prototype key among the features',
    `{"instances": [${JSON.stringify(named).slice(0, -1)}, "__proto__": 1}]}`,
    'bad_feature',
    "row 0: unknown feature '__proto__'",
  ),
  bad(
    'an empty object',
    { instances: [{}] },
    'bad_feature',
    "row 0: missing feature 'mean radius'",
  ),
  {
    name: 'a form',
    init: post('a=1', { 'Content-Type': 'application/x-www-form-urlencoded' }),
    status: 415,
    code: 'unsupported_media_type',
    message: 'expected Content-Type application/json, got application/x-www-form-urlencoded',
  },
  {
    name: 'a body compressed in another way',
    init: post({ instances: [row] }, { 'Content-Encoding': 'br' }),
    status: 415,
    code: 'unsupported_media_type',
    message: 'expected Content-Encoding gzip, deflate or none, got br',
  },
  {
    name: 'a body over the limit',
    init: post(' '.repeat(LIMIT + 1)),
    status: 413,
    code: 'body_too_large',
    message: `expected a body of at most ${LIMIT} bytes`,
  },
  {
    name: 'a body over the limit that does not tell its length',
    init: { ...post(''), body: streamOf(LIMIT + 1), duplex: 'half' } as RequestInit,
    status: 413,
    code: 'body_too_large',
    message: `expected a body of at most ${LIMIT} bytes`,
  },
  {
    name: 'an unknown model',
    path: '/models/iris/predict',
    init: post({ instances: [row] }),
    status: 404,
    code: 'model_not_found',
    message: "Request for unknown model: 'iris' is not found",
  },
  {
    name: 'a model name that walks the file system',
    path: '/models/..%2F..%2Fetc/predict',
    init: post({ instances: [row] }),
    status: 404,
    code: 'model_not_found',
    message: "Request for unknown model: '../../etc' is not found",
  },
  {
    name: 'an unknown version',
    path: '/models/digits/versions/9/predict',
    init: post({ instances: [row] }),
    status: 404,
    code: 'version_not_found',
    message: "model 'digits' has no version '9'; it has 1",
  },
  {
    name: 'an unknown endpoint',
    path: '/predicts',
    init: post({ instances: [row] }),
    status: 404,
    code: 'not_found',
    message: 'there is no endpoint /predicts',
  },
  {
    name: 'the wrong method',
    path: '/predict',
    init: { method: 'GET' },
    status: 405,
    code: 'method_not_allowed',
    message: '/predict takes POST, not GET',
  },
  {
    name: 'the wrong method on a pattern',
    path: '/models/digits',
    init: { method: 'DELETE' },
    status: 405,
    code: 'method_not_allowed',
    message: '/models/:name takes GET, HEAD, not DELETE',
  },
];

function streamOf(bytes: number): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      for (let sent = 0; sent < bytes; sent += 1000)
        controller.enqueue(new Uint8Array(1000).fill(32));
      controller.close();
    },
  });
}

describe.each(TARGET_NAMES)('bad input to the %s', (name) => {
  let target: Target;
  beforeAll(async () => {
    target = await TARGETS[name]({ MAX_BODY_BYTES: String(LIMIT) });
  });
  afterAll(() => target.stop());

  it.each(CASES)('$name: $status $code', async ({ path = '/predict', init, ...expected }) => {
    // A stream can be sent once: this case is sent to three targets.
    const body = init.body instanceof ReadableStream ? { body: streamOf(LIMIT + 1) } : {};
    const response = await target.fetch(path, { ...init, ...body });
    expect({ status: response.status, ...((await response.json()) as object) }).toEqual({
      status: expected.status,
      error: expected.message,
      code: expected.code,
    });
    expect(response.headers.get('Content-Type')).toBe('application/json');
    expect(response.headers.get('X-Request-Id')).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('names what an endpoint takes in Allow', async () => {
    const response = await target.fetch('/healthz', { method: 'PUT' });
    expect(response.status).toBe(405);
    expect(response.headers.get('Allow')).toBe('GET, HEAD');
  });

  it('still predicts afterwards', async () => {
    const response = await target.fetch('/predict', post({ instances: [named] }));
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ predictions: [{ label: 'malignant' }] });
  });

  it('logs the code of an error, and nothing that was sent', () => {
    const lines = target.logs().filter((line) => line.code === 'bad_datatype');
    expect(lines.length).toBeGreaterThan(0);
    expect(JSON.stringify(target.logs())).not.toContain('17.99');
  });
});
