import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { createTestApp } from '../helpers/app.ts';
import { post, readCard } from '../helpers/golden.ts';
import { memoryStore, shippedCard, shippedGraph } from '../helpers/store.ts';

const graph = (name: string) => ({
  versions: { '1': new Uint8Array(readFileSync(`test/models/${name}.onnx`)) },
});
const card = readCard('breast-cancer');
const [row = []] = card.examples;
const columns = card.features.map(({ name }) => name);

type App = Awaited<ReturnType<typeof createTestApp>>['app'];
const create = async (defaultModel: string) => {
  const store = memoryStore({
    'breast-cancer': {
      card: shippedCard('breast-cancer'),
      versions: { '1': shippedGraph('breast-cancer') },
    },
    'two-inputs': graph('two-inputs'),
    summary: graph('summary'),
    vector: graph('vector'),
    text: graph('text'),
  });
  return (await createTestApp({ DEFAULT_MODEL: defaultModel }, { store })).app;
};
const ask = async (app: App, path: string, init: RequestInit) => {
  const response = await app.request(path, init);
  return { status: response.status, ...((await response.json()) as Record<string, unknown>) };
};
const csv = (body: string): RequestInit => ({
  method: 'POST',
  headers: { 'Content-Type': 'text/csv' },
  body,
});

let app: App;
beforeAll(async () => {
  app = await create('breast-cancer');
});

describe('/invocations', () => {
  const split = (names: string[], data: unknown[][]) =>
    post({ dataframe_split: { columns: names, data } });
  const without = columns.slice(1);

  it.each([
    [
      'no form',
      post({}),
      'bad_request',
      'the body: expected exactly one of dataframe_split, dataframe_records, instances, inputs',
    ],
    [
      'two forms',
      post({ instances: [row], inputs: [row] }),
      'bad_request',
      'the body: expected exactly one of dataframe_split, dataframe_records, instances, inputs',
    ],
    [
      'a missing column',
      split(without, [row.slice(1)]),
      'bad_feature',
      "row 0: missing feature 'mean radius'",
    ],
    [
      'an unknown column',
      split([...columns, 'x'], [[...row, 1]]),
      'bad_feature',
      "row 0: unknown feature 'x'",
    ],
    ['a column twice', split(['a', 'a'], [[1, 2]]), 'bad_feature', "column 'a' is there twice"],
    [
      'a row of another length',
      split(columns, [row, row.slice(1)]),
      'bad_shape',
      'row 1: expected 30 values, one per column, got 29',
    ],
    [
      'columns of different lengths',
      post({ inputs: { a: [1], b: [1, 2] } }),
      'bad_shape',
      "column 'a' has 1 rows, 'b' has 2",
    ],
    [
      'a column that is none',
      post({ inputs: { a: 1 } }),
      'bad_request',
      "column 'a': expected an array",
    ],
    [
      'a table without rows',
      csv(`${columns.join(',')}\n`),
      'bad_shape',
      'expected a row of column names and at least one row of values',
    ],
    [
      'text for a number',
      csv(`${columns.join(',')}\n${row.with(2, Number.NaN).join(',')}`),
      'bad_datatype',
      `row 0, feature 'mean perimeter': expected a number, got the string "NaN"`,
    ],
    [
      'a quote that does not end',
      csv('"a\n1'),
      'bad_request',
      'the body is not CSV: Quoted field unterminated',
    ],
  ])('refuses %s', async (_, init, code, error) => {
    expect(await ask(app, '/invocations', init)).toEqual({ status: 400, code, error });
  });

  it('refuses another media type', async () => {
    const init = { method: 'POST', headers: { 'Content-Type': 'text/plain' }, body: '1' };
    expect(await ask(app, '/invocations', init)).toMatchObject({
      status: 415,
      code: 'unsupported_media_type',
    });
  });

  it('asks a model of several inputs by their names, and keeps text as text', async () => {
    const two = await create('two-inputs');
    const predictions = [
      { older: [42], home: ['10115'] },
      { older: [8], home: [' Bern, "CH"'] },
    ];
    const table = 'city,age\n10115,41\n" Bern, ""CH""",7\n';
    expect(await ask(two, '/invocations', csv(table))).toEqual({ status: 200, predictions });
    const inputs = { age: [41, 7], city: ['10115', ' Bern, "CH"'] };
    expect(await ask(two, '/invocations', post({ inputs }))).toEqual({ status: 200, predictions });
  });

  it('drops no row of a table, even one of empty cells', async () => {
    const plain = await create('summary');
    expect(await ask(plain, '/invocations', csv('a,b\n1,2\n,\n3,4\n'))).toEqual({
      status: 400,
      code: 'bad_datatype',
      error: `row 1, input 'x', value 0: expected a number, got the string ""`,
    });
    expect(await ask(plain, '/invocations', csv('a;b\n1;2'))).toMatchObject({ status: 400 });
  });

  it('takes a table of very many columns for what it is, at once', async () => {
    const columns = Array.from({ length: 50_000 }, (_, i) => `c${i}`);
    const body = post({ dataframe_split: { columns, data: [[1]] } });
    expect(await ask(app, '/invocations', body)).toMatchObject({ status: 400, code: 'bad_shape' });
  }, 2000);

  it('takes columns in their order where the model has no names for them', async () => {
    const plain = await create('summary');
    expect(await ask(plain, '/invocations', csv('a,b\n1,2\n3,4.5'))).toMatchObject({
      predictions: [{ negative: [-1, -2] }, { negative: [-3, -4.5] }],
    });
  });

  it('loses no digit of a whole number', async () => {
    const vector = await create('vector');
    expect(await ask(vector, '/invocations', csv('x\n9223372036854775807\n-3'))).toMatchObject({
      predictions: [{ y: '9223372036854775807' }, { y: -3 }],
    });
  });
});

describe('/v1', () => {
  it('answers several outputs by name, and one output as it is', async () => {
    const instances = [{ age: 1, city: 'a' }];
    expect(await ask(app, '/v1/models/two-inputs:predict', post({ instances }))).toEqual({
      status: 200,
      predictions: [{ older: [2], home: ['a'] }],
    });
    expect(await ask(app, '/v1/models/text:predict', post({ instances: ['a', 'b'] }))).toEqual({
      status: 200,
      predictions: ['a', 'b'],
    });
    const inputs = { age: [1, 2], city: ['a', 'b'] };
    expect(await ask(app, '/v1/models/two-inputs:predict', post({ inputs }))).toEqual({
      status: 200,
      outputs: { older: [[2], [3]], home: [['a'], ['b']] },
    });
    expect(await ask(app, '/v1/models/text:predict', post({ inputs: ['a', 'b'] }))).toEqual({
      status: 200,
      outputs: ['a', 'b'],
    });
  });

  it('keeps an output of all rows together apart', async () => {
    const body = {
      instances: [
        [1, 2],
        [3, 4],
      ],
    };
    expect(await ask(app, '/v1/models/summary:predict', post(body))).toMatchObject({
      predictions: [{ negative: [-1, -2] }, { negative: [-3, -4] }],
      outputs: { sum: 10 },
    });
    expect(await ask(app, '/v1/models/summary:predict', post({ inputs: body.instances }))).toEqual({
      status: 200,
      outputs: {
        negative: [
          [-1, -2],
          [-3, -4],
        ],
        sum: 10,
      },
    });
  });

  it('says that its verb is posted', async () => {
    const response = await app.request('/v1/models/text:predict', { method: 'PUT' });
    expect(response.status).toBe(405);
    expect(response.headers.get('Allow')).toBe('POST');
  });

  it.each([
    ['neither form', '/v1/models/text:predict', {}, 400, 'bad_request'],
    [
      'both forms',
      '/v1/models/text:predict',
      { instances: ['a'], inputs: ['a'] },
      400,
      'bad_request',
    ],
    ['an unknown model', '/v1/models/x:predict', { instances: [1] }, 404, 'model_not_found'],
    [
      'an unknown version',
      '/v1/models/text/versions/7:predict',
      { instances: [1] },
      404,
      'version_not_found',
    ],
    ['an unknown verb', '/v1/models/text:explain', { instances: [1] }, 404, 'not_found'],
  ])('refuses %s', async (_, path, body, status, code) => {
    expect(await ask(app, path, post(body))).toMatchObject({ status, code });
  });
});
