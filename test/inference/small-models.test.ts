import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createTestApp } from '../helpers/app.ts';
import { post } from '../helpers/golden.ts';
import { memoryStore } from '../helpers/store.ts';

/** The app with one of the graphs of test/models, without a card unless one is given. */
async function serve(name: string, card?: object) {
  const graph = new Uint8Array(readFileSync(`test/models/${name}.onnx`));
  const store = memoryStore({ m: { ...(card && { card }), versions: { '1': graph } } });
  const { app, lines } = await createTestApp({}, { store });
  return {
    app,
    lines,
    ask: async (body: unknown) => {
      const response = await app.request('/predict', post(body));
      const { time_ms, ...answer } = (await response.json()) as Record<string, unknown>;
      return { status: response.status, ...answer };
    },
  };
}

const answered = (predictions: unknown[], more = {}) => ({
  status: 200,
  model: 'm',
  version: '1',
  predictions,
  ...more,
});

describe('a model', () => {
  it('with several inputs of different types takes objects, and answers every output', async () => {
    const { ask } = await serve('two-inputs');
    const instances = [
      { age: 31, city: 'Oslo' },
      { age: 32, city: '東京' },
    ];
    expect(await ask({ instances })).toEqual(
      answered([
        { older: [32], home: ['Oslo'] },
        { older: [33], home: ['東京'] },
      ]),
    );
    expect(await ask({ age: 1, city: 'a\0b' })).toMatchObject({
      code: 'bad_datatype',
      error:
        'row 0, input \'city\', value 0: expected well-formed text without NUL characters, got the string "a\\u0000b"',
    });
  });

  it('of images takes nested rows', async () => {
    const { ask } = await serve('image');
    const image = (value: number) =>
      Array.from({ length: 3 }, () => Array.from({ length: 4 }, () => new Array(4).fill(value)));
    expect(await ask({ instances: [image(1), image(2)] })).toEqual(
      answered([{ mean: [[[expect.closeTo(1, 5)]]] }, { mean: [[[expect.closeTo(2, 5)]]] }]),
    );
  });

  it('with an output that is not per row shows it beside the rows', async () => {
    const { ask } = await serve('summary');
    expect(
      await ask({
        instances: [
          [1, 2],
          [3, 4],
        ],
      }),
    ).toEqual(answered([{ negative: [-1, -2] }, { negative: [-3, -4] }], { outputs: { sum: 10 } }));
  });

  it('of bare values takes them bare or wrapped, integers as digits too', async () => {
    const { ask } = await serve('lookup');
    const expected = answered([{ value: 30 }, { value: 90 }]);
    for (const instances of [
      [3, 9],
      [[3], [9]],
      [{ place: 3 }, { place: '9' }],
    ]) {
      expect(await ask({ instances })).toEqual(expected);
    }
    expect(await ask([3])).toEqual(answered([{ value: 30 }]));
    expect(await ask({ instances: [[3, 4]] })).toMatchObject({
      error: "input 'place': expected one value per row, row 0 has 2",
    });
  });

  it('that fails while it runs answers so, and the next run is not hurt', async () => {
    const { ask, lines } = await serve('lookup');
    const runs = await Promise.all([3, 77, 4].map((place) => ask({ instances: [place] })));
    expect(runs).toEqual([
      answered([{ value: 30 }]),
      {
        status: 500,
        error: "model 'm' failed to run on this input",
        code: 'inference_failed',
      },
      answered([{ value: 40 }]),
    ]);
    expect(lines.filter(({ level }) => level === 'error')).toHaveLength(1);
  });

  it('whose classes do not count from 0 still names the right one', async () => {
    const { ask } = await serve('from-one', {
      name: 'm',
      task: 'classification',
      labels: ['setosa', 'versicolor', 'virginica'],
      outputs: { label: 'label', probabilities: 'probabilities' },
    });
    expect(await ask([5.1, 3.5, 1.4, 0.2])).toMatchObject({ predictions: [{ label: 'setosa' }] });
    expect(await ask([6.7, 3.0, 5.2, 2.3])).toMatchObject({
      predictions: [{ label: 'virginica' }],
    });
  });

  it('that was exported with ZipMap is refused with the way to export it', async () => {
    const { app } = await serve('zipmap');
    expect(await (await app.request('/readyz')).text()).toContain(
      'output \'output_probability\' is a sequence or map, not a tensor; of a scikit-learn classifier, export it without ZipMap (to_onnx(..., options={\\"zipmap\\": False}))',
    );
  });

  it.each([
    ['labels twice', { labels: ['a', 'a', 'b'] }, 'labels: expected every label once'],
    [
      'examples of another width',
      { examples: [[1, 2]] },
      "the card's examples are not what the model takes: input 'X': expected 4 values per row, row 0 has 2",
    ],
    [
      'statistics of a strange class',
      { reference: { classes: { q: 1 } } },
      "the card has reference statistics of 'q', unknown to it",
    ],
  ])('is refused for a card with %s', async (_, changes, reason) => {
    const { app } = await serve('from-one', {
      name: 'm',
      task: 'classification',
      labels: ['a', 'b', 'c'],
      outputs: { label: 'label' },
      ...changes,
    });
    expect(JSON.stringify(await (await app.request('/readyz')).json())).toContain(reason);
  });
});

describe('rows that promise more than was sent', () => {
  it('are refused before memory is taken for them', async () => {
    const { ask } = await serve('image');
    expect(await ask({ instances: new Array(100_000).fill(0) })).toMatchObject({
      status: 400,
      error: "input 'image': expected rows of shape [3, 4, 4], row 0 is 0",
    });
  });
});
