import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { post, readCard } from '../helpers/golden.ts';
import { TARGET_NAMES, TARGETS, type Target } from '../helpers/targets.ts';

const card = readCard('breast-cancer');
const [first, second] = card.examples as [number[], number[]];
const named = Object.fromEntries(card.features.map(({ name }, i) => [name, first[i]]));

describe.each(TARGET_NAMES)('the %s', (name) => {
  let target: Target;
  beforeAll(async () => {
    target = await TARGETS[name]();
  });
  afterAll(() => target.stop());

  const ask = async (path: string, init?: RequestInit) => {
    const response = await target.fetch(path, init);
    expect(response.status).toBe(200);
    return (await response.json()) as Record<string, unknown>;
  };
  const sample = async (series: string) => {
    const text = await (await target.fetch('/metrics')).text();
    const line = text.split('\n').find((candidate) => candidate.startsWith(`${series} `));
    return Number(line?.slice(series.length + 1));
  };

  it('answers rows as documented', async () => {
    const answer = await ask('/predict', post({ instances: [first, second] }));
    expect(answer).toEqual({
      model: 'breast-cancer',
      version: '1',
      predictions: [
        {
          label: 'malignant',
          probabilities: { malignant: expect.closeTo(1, 5), benign: expect.closeTo(0, 5) },
        },
        {
          label: 'malignant',
          probabilities: { malignant: expect.any(Number), benign: expect.any(Number) },
        },
      ],
      time_ms: expect.any(Number),
    });
  });

  it('takes every form of a row for the same thing', async () => {
    const shuffled = Object.fromEntries(Object.entries(named).reverse());
    const forms = [{ instances: [first] }, { instances: [shuffled] }, first, named];
    const answers: unknown[] = [];
    for (const form of forms) answers.push((await ask('/predict', post(form))).predictions);
    expect(answers).toEqual(forms.map(() => answers[0]));
  });

  it('mixes forms in one request', async () => {
    const { predictions } = await ask('/predict', post({ instances: [named, first] }));
    expect((predictions as unknown[])[0]).toEqual((predictions as unknown[])[1]);
  });

  it('serves a named model and a named version', async () => {
    const { examples } = readCard('digits');
    const byName = await ask('/models/digits/predict', post(examples[0]));
    const byVersion = await ask('/models/digits/versions/1/predict', post(examples[0]));
    expect(byName).toMatchObject({ model: 'digits', version: '1' });
    expect(byVersion.predictions).toEqual(byName.predictions);
  });

  it('gives a value for a regressor', async () => {
    const { examples } = readCard('diabetes');
    const { predictions } = await ask('/models/diabetes/predict', post(examples[0]));
    expect(predictions).toEqual([{ value: expect.any(Number) }]);
  });

  it('takes JSON by any of its names, and by none', async () => {
    for (const type of ['application/json; charset=utf-8', 'application/vnd.kilat+json', '']) {
      const headers = type ? { 'Content-Type': type } : {};
      const body = new TextEncoder().encode(JSON.stringify(first));
      await ask('/predict', { method: 'POST', headers, body });
    }
  });

  it('says that it lives, and that every model is ready', async () => {
    expect(await ask('/healthz')).toEqual({ alive: true });
    const models = ['breast-cancer', 'diabetes', 'digits'].map((model) => ({
      name: model,
      version: '1',
      state: 'READY',
    }));
    const shipped = expect.arrayContaining(models);
    expect(await ask('/readyz')).toEqual({ ready: true, models: shipped });
    const tokens = { predictions: false, metrics: false };
    expect(await ask('/models')).toEqual({ default: 'breast-cancer', tokens, models: shipped });
  });

  it('hands out what a client needs to know of a model', async () => {
    expect(await ask('/models/breast-cancer')).toMatchObject({
      name: 'breast-cancer',
      version: '1',
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
      inputs: [{ name: 'features', datatype: 'FP32', shape: [-1, 30] }],
      outputs: [
        { name: 'label', datatype: 'INT64', shape: [-1] },
        { name: 'probabilities', datatype: 'FP32', shape: [-1, 2] },
      ],
      card: { task: 'classification', labels: ['malignant', 'benign'] },
    });
  });

  it('counts every run once, and no refused request', async () => {
    const labels = '{model="digits",version="1"}';
    const runs = await sample(`prediction_time_seconds_count${labels}`);
    const rows = await sample(`prediction_rows_total${labels}`);
    const { examples } = readCard('digits');
    await ask('/models/digits/predict', post({ instances: examples }));
    await ask('/models/digits/predict', post({ instances: examples }));
    await target.fetch('/models/digits/predict', post({ instances: [[1]] }));
    expect(await sample(`prediction_time_seconds_count${labels}`)).toBe(runs + 2);
    expect(await sample(`prediction_rows_total${labels}`)).toBe(rows + 2 * examples.length);
  });

  it('answers many requests at once, each with its own rows', async () => {
    const { examples } = readCard('digits');
    const alone: unknown[] = [];
    for (const row of examples)
      alone.push((await ask('/models/digits/predict', post(row))).predictions);
    const together = await Promise.all(
      Array.from({ length: 50 }, (_, i) =>
        ask('/models/digits/predict', post(examples[i % examples.length])),
      ),
    );
    together.forEach((answer, i) => {
      expect(answer.predictions).toEqual(alone[i % examples.length]);
    });
  });

  it('answers HEAD as GET, without the body', async () => {
    const response = await target.fetch('/healthz', { method: 'HEAD' });
    expect(response.status).toBe(200);
    expect(await response.text()).toBe('');
  });

  it('keeps a request id that can be logged as it stands, and replaces any other', async () => {
    const kept = await target.fetch('/healthz', { headers: { 'X-Request-Id': 'job-7/row:3' } });
    expect(kept.headers.get('X-Request-Id')).toBe('job-7/row:3');
    const replaced = await target.fetch('/healthz', { headers: { 'X-Request-Id': 'a "b" c' } });
    expect(replaced.headers.get('X-Request-Id')).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('writes one line per request, with what was predicted and how long it took', async () => {
    const headers = { 'X-Request-Id': 'one-line' };
    await ask('/predict', post({ instances: [first, second] }, headers));
    const lines = () => target.logs().filter((line) => line.request_id === 'one-line');
    await expect.poll(lines).toEqual([
      expect.objectContaining({
        level: 'info',
        msg: 'request',
        method: 'POST',
        route: '/predict',
        status: 200,
        duration_ms: expect.any(Number),
        model: 'breast-cancer',
        version: '1',
        rows: 2,
        inference_ms: expect.any(Number),
      }),
    ]);
  });

  it('labels requests by route and not by path', async () => {
    await target.fetch('/no/such/path');
    await target.fetch('/healthz', { method: 'PROPFIND' });
    const count = 'http_request_duration_seconds_count';
    expect(await sample(`${count}{method="unknown",route="/healthz",status="405"}`)).toBe(1);
    expect(await sample(`${count}{method="GET",route="unknown",status="404"}`)).toBe(1);
    expect(
      await sample(`${count}{method="POST",route="/models/:name/predict",status="200"}`),
    ).toBeGreaterThan(0);
    const text = await (await target.fetch('/metrics')).text();
    expect(text).not.toContain('/models/digits');
  });
});
