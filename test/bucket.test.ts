import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTestHarness, type TestHarness } from 'wrangler';
import { brokenRepository } from './helpers/broken-models.ts';
import { freePort } from './helpers/free-port.ts';
import { post, readCard } from './helpers/golden.ts';
import { lookupGraph, shippedCard, shippedGraph } from './helpers/store.ts';

/** The part of a bucket that tests write with. */
interface Bucket {
  put(key: string, content: Uint8Array | string): Promise<unknown>;
  delete(key: string): Promise<unknown>;
}

type Answer = { version?: string; predictions?: { value: number }[]; code?: string };

/** The real source in workerd, which looks for changes every second, on a real bucket that can be made to fail. */
describe('a Worker on a bucket', { timeout: 60_000 }, () => {
  let harness: TestHarness;
  let bucket: Bucket;
  let url: URL;

  const fetchPath = (path: string, init?: RequestInit) => fetch(new URL(path, url), init);
  const fate = (fate: 'none' | 'fails' | 'hangs') =>
    harness.getWorker('failing-bucket').fetch(`/${fate}`);
  const put = (path: string, content: Uint8Array | string) => bucket.put(path, content);

  /** The value at place 3, three times the step of the version's table, and the version that said so. */
  async function ask(path = '/models/m/predict'): Promise<string> {
    const body = (await (await fetchPath(path, post([3]))).json()) as Answer;
    return body.code ?? `v${body.version}: ${body.predictions?.[0]?.value}`;
  }

  async function list(): Promise<string[]> {
    const { models } = (await (await fetchPath('/models')).json()) as {
      models: { name: string; version: string; state: string; reason?: string }[];
    };
    return models.map(({ name, version, state, reason }) =>
      [name, version, state, ...(reason ? [reason] : [])].join(' '),
    );
  }

  const becomes = (answer: string) =>
    expect.poll(() => ask(), { timeout: 10_000, interval: 100 }).toBe(answer);
  const lists = (models: unknown[]) =>
    expect.poll(list, { timeout: 10_000, interval: 100 }).toEqual(models);

  beforeEach(async () => {
    harness = createTestHarness({
      workers: [
        { configPath: 'test/fixtures/failing-bucket/kilat.toml' },
        { configPath: 'test/fixtures/failing-bucket/wrangler.toml' },
      ],
    });
    url = (await harness.listen()).url;
    const env = await harness.getWorker<{ REAL: Bucket }>('failing-bucket').getEnv();
    bucket = env.REAL;
  });

  afterEach(() => harness.close());

  it('serves what lies there, the model that is asked for first', async () => {
    await put('breast-cancer/model.json', JSON.stringify(shippedCard('breast-cancer')));
    await put('breast-cancer/1/model.onnx', shippedGraph('breast-cancer'));
    await put('m/1/model.onnx', lookupGraph(10));
    await put('m/2/model.onnx', lookupGraph(20));
    await put('n.onnx', lookupGraph(30));
    const answers = await Promise.all(Array.from({ length: 20 }, () => ask()));
    expect(answers).toEqual(Array(20).fill('v2: 60'));
    const ready = harness.getLogs().filter(({ message }) => message.includes('"model ready"'));
    const first = JSON.parse(ready[0]?.message ?? '{}');
    expect(first).toMatchObject({ model: 'm', version: '2' });
    await lists(['breast-cancer 1 READY', 'm 2 READY', 'm 1 READY', 'n 1 READY']);
    const row = readCard('breast-cancer').examples[0];
    const response = await fetchPath('/predict', post(row));
    expect(await response.json()).toMatchObject({
      model: 'breast-cancer',
      predictions: [{ label: 'malignant' }],
    });
    expect((await fetchPath('/readyz')).status).toBe(200);
    // Each was loaded once, however many asked.
    const loads = harness.getLogs().filter(({ message }) => message.includes('"model ready"'));
    expect(loads).toHaveLength(4);
  });

  it('takes a new version, a replaced one and a removed one without an error in between', async () => {
    await put('m/1/model.onnx', lookupGraph(10));
    await becomes('v1: 30');
    const answers = new Set<string>();
    let stopped = false;
    const client = (async () => {
      while (!stopped) answers.add(await ask());
    })();
    await put('m/2/model.onnx', lookupGraph(20));
    await becomes('v2: 60');
    await put('m/2/model.onnx', lookupGraph(30));
    await becomes('v2: 90');
    await bucket.delete('m/2/model.onnx');
    await becomes('v1: 30');
    stopped = true;
    await client;
    expect([...answers].sort()).toEqual(['v1: 30', 'v2: 60', 'v2: 90']);
  });

  it('goes on with what it has while the bucket fails or hangs, and catches up afterwards', async () => {
    await put('m/1/model.onnx', lookupGraph(10));
    await becomes('v1: 30');
    await put('m/2/model.onnx', lookupGraph(20));
    await fate('fails');
    const failures = () =>
      harness.getLogs().filter(({ message }) => message.includes('the bucket is down')).length;
    // Two looks that fail: more than it takes for what is not found to be gone.
    await expect
      .poll(async () => [await ask(), failures() >= 2], { timeout: 10_000, interval: 100 })
      .toEqual(['v1: 30', true]);
    await fate('hangs');
    const hanging = async () => {
      const state = await (await harness.getWorker('failing-bucket').fetch('/')).json();
      return (state as { hanging: number }).hanging;
    };
    await expect
      .poll(async () => [await ask(), await hanging()], { timeout: 10_000, interval: 100 })
      .toEqual(['v1: 30', 1]);
    for (let i = 0; i < 20; i++) expect(await ask()).toBe('v1: 30');
    await fate('none');
    await expect.poll(() => ask(), { timeout: 30_000, interval: 200 }).toBe('v2: 60');
  });

  it('says why it has nothing to serve, and does as soon as it can', async () => {
    await fate('fails');
    const response = await fetchPath('/models/m/predict', post([3]));
    expect(response.status).toBe(503);
    expect(response.headers.get('Retry-After')).toBe('1');
    expect(await response.json()).toEqual({
      error: 'there are no models: the bucket is down',
      code: 'not_ready',
    });
    expect((await fetchPath('/healthz')).status).toBe(200);
    expect(await (await fetchPath('/readyz')).json()).toMatchObject({ ready: false, models: [] });
    await fate('none');
    expect(await (await fetchPath('/readyz')).json()).toMatchObject({
      error: expect.stringContaining('no models in the bucket: `npm run models:push`'),
    });
    await put('m/1/model.onnx', lookupGraph(10));
    expect(await ask()).toBe('v1: 30');
  });

  it('never serves a version that is half there', async () => {
    const sums = (graph: Uint8Array) =>
      `${createHash('sha256').update(graph).digest('hex')}  model.onnx\n`;
    await put('m/1/model.onnx', lookupGraph(10));
    await becomes('v1: 30');
    // The hashes come first, so until the graph is there nothing fits them.
    await put('m/2/SHA256SUMS', sums(lookupGraph(20)));
    await lists(['m 2 UNKNOWN its files are still being written', 'm 1 READY']);
    expect((await fetchPath('/readyz')).status).toBe(200);
    await put('m/2/model.onnx', lookupGraph(20));
    await becomes('v2: 60');
    await put('m/2/SHA256SUMS', sums(lookupGraph(30)));
    await lists([expect.stringMatching(/^m 2 READY .*SHA-256/), 'm 1 READY']);
    expect(await ask()).toBe('v2: 60');
    await put('m/2/model.onnx', lookupGraph(30));
    await becomes('v2: 90');
  });

  it('lists each broken model with its reason, and serves the good ones beside them', async () => {
    const { files, good, broken } = brokenRepository();
    for (const [path, content] of files) await put(path, content);
    type Listed = { name: string; version: string; state: string; reason?: string };
    const listed = async () => {
      const { models } = (await (await fetchPath('/readyz')).json()) as { models: Listed[] };
      return models;
    };
    await expect
      .poll(async () => (await listed()).filter(({ state }) => state === 'UNKNOWN'), {
        timeout: 20_000,
        interval: 100,
      })
      .toEqual([]);
    const unavailable = (await listed()).filter(({ state }) => state !== 'READY');
    expect(unavailable).toEqual(
      broken.map(({ name, version, reason }) => ({
        name,
        version,
        state: 'UNAVAILABLE',
        reason: expect.stringMatching(reason),
      })),
    );
    for (const { name, instances, predictions } of good) {
      const response = await fetchPath(`/models/${name}/predict`, post({ instances }));
      expect(await response.json()).toMatchObject({ model: name, predictions });
    }
  });

  it('has nothing to load or unload: it follows the bucket', async () => {
    await put('m/1/model.onnx', lookupGraph(10));
    const response = await fetchPath('/v2/repository/models/m/unload', post({}));
    expect(response.status).toBe(403);
    expect(await ask()).toBe('v1: 30');
  });
});

/** `wrangler dev` on local storage, which `npm run models:push` writes to from another process. */
describe('pushing to a Worker that runs', { timeout: 90_000 }, () => {
  it('brings version 2 to it within the time of a poll, without an error in between', async () => {
    const storage = mkdtempSync(join(tmpdir(), 'kilat-storage-'));
    const repository = mkdtempSync(join(tmpdir(), 'kilat-push-'));
    const place = (version: string, step: number) => {
      mkdirSync(join(repository, 'm', version), { recursive: true });
      writeFileSync(join(repository, 'm', version, 'model.onnx'), lookupGraph(step));
    };
    const push = () =>
      promisify(execFile)(
        process.execPath,
        ['src/cli/push.ts', 'models', repository, '--local', '--persist-to', storage],
        { timeout: 60_000 },
      );
    place('1', 10);
    await push();

    const port = await freePort();
    const dev = spawn(
      process.execPath,
      [
        ...['node_modules/wrangler/bin/wrangler.js', 'dev'],
        ...['--config', 'test/fixtures/bucket/wrangler.toml', '--persist-to', storage],
        ...['--ip', '127.0.0.1', '--port', `${port}`, '--show-interactive-dev-session=false'],
      ],
      { stdio: 'ignore', env: { ...process.env, WRANGLER_SEND_METRICS: 'false' } },
    );
    const ended = once(dev, 'close');
    const ask = async () => {
      const url = `http://127.0.0.1:${port}/predict`;
      const response = await fetch(url, post([3])).catch(() => undefined);
      const body = (await response?.json()) as Answer | undefined;
      return body && (body.code ?? `v${body.version}: ${body.predictions?.[0]?.value}`);
    };
    try {
      await expect.poll(ask, { timeout: 30_000, interval: 100 }).toBe('v1: 30');
      const answers: (string | undefined)[] = [];
      let stopped = false;
      const client = (async () => {
        while (!stopped) answers.push(await ask());
      })();
      place('2', 20);
      await push();
      // It looks every second; the rest is for loading.
      await expect.poll(() => answers.at(-1), { timeout: 3000 }).toBe('v2: 60');
      stopped = true;
      await client;
      expect([...new Set(answers)]).toEqual(['v1: 30', 'v2: 60']);
    } finally {
      dev.kill();
      await ended;
    }
  });
});
