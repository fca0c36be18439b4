import { describe, expect, it } from 'vitest';
import { createTestApp } from '../helpers/app.ts';
import { post, readCard } from '../helpers/golden.ts';
import { memoryStore, shippedCard, shippedGraph } from '../helpers/store.ts';

const graph = shippedGraph('breast-cancer');
const row = readCard('breast-cancer').examples[0];
const features = readCard('breast-cancer').features;

describe('a repository with broken models', () => {
  const store = memoryStore({
    good: { versions: { '1': graph } },
    truncated: { versions: { '1': graph.slice(0, 500) } },
    garbage: { versions: { '1': new TextEncoder().encode('not a graph') } },
    changed: { card: shippedCard('digits', { name: 'changed' }), versions: { '1': graph } },
    renamed: { card: shippedCard('breast-cancer'), versions: { '1': graph } },
    'few-features': {
      card: shippedCard('breast-cancer', { name: 'few-features', features: features.slice(1) }),
      versions: { '1': graph },
    },
    'few-labels': {
      card: shippedCard('breast-cancer', { name: 'few-labels', labels: ['yes'] }),
      versions: { '1': graph },
    },
    'no-output': {
      card: shippedCard('breast-cancer', { name: 'no-output', outputs: { label: 'class' } }),
      versions: { '1': graph },
    },
    'odd-card': {
      card: shippedCard('breast-cancer', { name: 'odd-card', labls: [], task: 'regression' }),
      versions: { '1': graph },
    },
  });

  it('serves the good one and lists every other with its reason', async () => {
    const { app } = await createTestApp({}, { store });
    const response = await app.request('/readyz');
    expect(response.status).toBe(503);
    expect(response.headers.get('Retry-After')).toBe('1');
    const { ready, models, ...error } = (await response.json()) as {
      ready: boolean;
      models: { name: string; state: string; reason?: string }[];
    };
    expect(ready).toBe(false);
    expect(error).toMatchObject({
      code: 'not_ready',
      error: expect.stringContaining('garbage v1'),
    });
    const reasons = Object.fromEntries(models.map((model) => [model.name, model.reason]));
    expect(reasons).toEqual({
      good: undefined,
      truncated: expect.stringMatching(/^ONNX Runtime cannot load the graph: /),
      garbage: expect.stringMatching(/^ONNX Runtime cannot load the graph: /),
      changed: expect.stringMatching(/^its SHA-256 is [0-9a-f]{64}, the card says [0-9a-f]{64}$/),
      renamed: "the card is of 'breast-cancer', its folder is 'renamed'",
      'few-features': 'the card names 29 features, the graph takes 30',
      'few-labels': 'the card has 1 labels, the graph gives 2 probabilities',
      'no-output': "the card names output 'class', the graph has 'label', 'probabilities'",
      'odd-card': expect.stringMatching(/^the model card is wrong: .*labls/),
    });

    const served = await app.request('/models/good/predict', post(row));
    expect(await served.json()).toMatchObject({
      predictions: [{ label: 0, probabilities: [expect.closeTo(1, 5), expect.closeTo(0, 5)] }],
    });
  });

  it('answers 503 for a model that is not ready', async () => {
    const { app } = await createTestApp({}, { store });
    const response = await app.request('/models/garbage/predict', post(row));
    expect(response.status).toBe(503);
    expect(response.headers.get('Retry-After')).toBe('1');
    expect(await response.json()).toEqual({
      error: "model 'garbage' is not ready; see /readyz",
      code: 'not_ready',
    });
  });
});

describe('versions', () => {
  const store = memoryStore({ m: { versions: { '2': graph, '10': graph, '9': graph.slice(9) } } });

  it('are served highest first, by number and not by text', async () => {
    const { app } = await createTestApp({}, { store });
    expect(await (await app.request('/predict', post(row))).json()).toMatchObject({
      version: '10',
    });
    const named = await app.request('/models/m/versions/2/predict', post(row));
    expect(await named.json()).toMatchObject({ version: '2' });
  });
});

describe('the default model', () => {
  it('is the only one there is', async () => {
    const store = memoryStore({ mine: { versions: { '1': graph } } });
    const { app } = await createTestApp({}, { store });
    expect(await (await app.request('/predict', post(row))).json()).toMatchObject({
      model: 'mine',
    });
  });

  it('stays the same when others come, good or broken', async () => {
    const store = memoryStore({ mine: { versions: { '1': graph } } });
    const { app, models } = await createTestApp({}, { store });
    store.write('breast-cancer/1/model.onnx', graph);
    store.write('aaa.onnx', 'broken');
    await models.refresh();
    expect(await (await app.request('/predict', post(row))).json()).toMatchObject({
      model: 'mine',
    });
    expect((await app.request('/ping')).status).toBe(200);
  });

  it('has to be named when there are several and none is the shipped one', async () => {
    const versions = { '1': graph };
    const store = memoryStore({ a: { versions }, b: { versions } });
    const { app } = await createTestApp({}, { store });
    expect(await (await app.request('/predict', post(row))).json()).toEqual({
      error: 'there is no default model; POST to /models/<name>/predict, with one of a, b',
      code: 'bad_request',
    });
  });
});
