import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runningClock as clock } from '../../src/clock.ts';
import { createWasmEngine } from '../../src/inference/onnx.ts';
import { type Engine, ModelError } from '../../src/inference/types.ts';
import { zeros } from '../../src/inference/warm-up.ts';
import { DiskStore } from '../../src/stores/disk.ts';
import { createTestApp } from '../helpers/app.ts';
import { brokenRepository } from '../helpers/broken-models.ts';
import { post } from '../helpers/golden.ts';

const { files, good, broken } = brokenRepository();
const root = mkdtempSync(join(tmpdir(), 'kilat-broken-'));
let served: Awaited<ReturnType<typeof createTestApp>>;

beforeAll(async () => {
  for (const [path, content] of files) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }
  served = await createTestApp({}, { store: new DiskStore(root) });
});

afterAll(() => rmSync(root, { recursive: true }));

describe('a repository with every kind of broken model', () => {
  it.each(good)('serves $name as if it were alone', async ({ name, version, ...model }) => {
    const { instances, predictions } = model;
    const response = await served.app.request(`/models/${name}/predict`, post({ instances }));
    expect(await response.json()).toMatchObject({ model: name, version, predictions });
  });

  it.each(broken)('says what is wrong with $name', async ({ name, version, fault, reason }) => {
    const entry = served.models.entry(name, version);
    expect(entry).toEqual({
      name,
      version,
      state: 'UNAVAILABLE',
      fault,
      reason: expect.stringMatching(reason),
    });
    expect(entry.reason).not.toContain(root);
    const path = `/models/${name}/versions/${version}/predict`;
    const response = await served.app.request(path, post({ instances: [[1]] }));
    expect(response.status).toBe(503);
    expect(await response.json()).toEqual({
      error: `model '${name}' is not ready; see /readyz`,
      code: 'not_ready',
    });
  });

  it('lists every model in /readyz, and names those that do not answer', async () => {
    const response = await served.app.request('/readyz');
    expect(response.status).toBe(503);
    const { models, ...body } = (await response.json()) as { models: { name: string }[] };
    const expected = [
      ...good.map(({ name, version }) => ({ name, version, state: 'READY' })),
      ...broken.map(({ name, version, reason }) => {
        return { name, version, state: 'UNAVAILABLE', reason: expect.stringMatching(reason) };
      }),
    ];
    expect(models).toHaveLength(expected.length);
    expect(models).toEqual(expect.arrayContaining(expected));
    const silent = broken.filter(({ name }) => !good.some((model) => model.name === name));
    expect(body).toEqual({
      ready: false,
      code: 'not_ready',
      error: `not ready: ${silent.map(({ name, version }) => `${name} v${version}`).join(', ')}`,
    });
  });

  it('counts and logs each of them once, by its fault', () => {
    const { series } = served.catalog.modelLoadFailures.snapshot();
    const counted = series.map((each) => [each.labels, 'value' in each && each.value]);
    const expected = broken.map(({ name, version, fault }) => {
      return [{ model: name, version, reason: fault }, 1];
    });
    expect(counted).toHaveLength(expected.length);
    expect(counted).toEqual(expect.arrayContaining(expected));
    const logged = served.lines.filter(({ level }) => level === 'error');
    expect(logged).toEqual(
      broken.map(({ name, version, fault, reason }) => ({
        level: 'error',
        model: name,
        version,
        fault,
        reason: expect.stringMatching(reason),
        msg: 'model unavailable',
      })),
    );
  });
});

/** What a graph says of itself and makes of zeros, or the fault for which it is refused. */
async function behaviour(engine: Engine, graph: Uint8Array) {
  try {
    const session = await engine.load(graph);
    const { inputs, outputs } = session;
    const names = outputs.map(({ name }) => name);
    const run = await session.run(
      inputs.map((spec) => zeros(spec, 2)),
      names,
    );
    await session.release();
    return { inputs, outputs, values: run.outputs };
  } catch (error) {
    return error instanceof ModelError ? error.fault : error;
  }
}

describe('a graph that is cut off', () => {
  it.each(['lookup', 'every-type', 'image', 'from-one', 'centred'])(
    'anywhere is refused, or is whole without what is missing: %s',
    async (name) => {
      const engine = await createWasmEngine({ clock });
      const graph = new Uint8Array(readFileSync(`test/models/${name}.onnx`));
      const whole = await behaviour(engine, graph);
      expect(whole).toHaveProperty('values');
      const cut = new Map<number, unknown>();
      for (let length = 0; length < graph.length; length++) {
        const part = await behaviour(engine, graph.slice(0, length));
        if (part !== 'bad_graph') cut.set(length, part);
      }
      expect([...cut]).toEqual([...cut.keys()].map((length) => [length, whole]));
      expect(cut.size).toBeLessThan(graph.length / 10);
    },
  );
});
