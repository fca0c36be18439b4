import { cpSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { post } from './helpers/golden.ts';
import { lookupGraph } from './helpers/store.ts';
import { type NodeTarget, startNode } from './helpers/targets.ts';

const ADMIN_TOKEN = 'admin';
const admin = (headers = {}) => post({}, { Authorization: `Bearer ${ADMIN_TOKEN}`, ...headers });
/** Every place of the table, so that an answer shows all of it. */
const places = Array.from({ length: 10 }, (_, place) => place);

let server: NodeTarget | undefined;
afterEach(async () => {
  await server?.stop();
  server = undefined;
});

/** A repository of its own with version 1 of a lookup model, and a server on it. */
async function start(settings: Record<string, string> = {}) {
  const root = mkdtempSync(join(tmpdir(), 'kilat-reload-'));
  writeGraph(root, '1', 10);
  server = await startNode({ MODEL_REPOSITORY: root, ADMIN_TOKEN, LOG_LEVEL: 'info', ...settings });
  return { root, server };
}

/** Puts a graph in its place the way that leaves no moment in which it is half there. */
function writeGraph(root: string, version: string, step: number): void {
  mkdirSync(join(root, 'm', version), { recursive: true });
  writeFileSync(join(root, 'm', '.new'), lookupGraph(step));
  renameSync(join(root, 'm', '.new'), join(root, 'm', version, 'model.onnx'));
}

/** Asks for the whole table, until told to stop, and notes what is not one whole table of the version that is named. */
function askAll(target: NodeTarget, steps: Readonly<Record<string, readonly number[]>>) {
  const seen = new Map<string, number>();
  const faults: unknown[] = [];
  let stopped = false;
  const client = async () => {
    while (!stopped) {
      const response = await target.fetch('/predict', post({ instances: places }));
      const body = (await response.json()) as {
        version: string;
        predictions?: { value: number }[];
      };
      const values = body.predictions?.map(({ value }) => value);
      const step = steps[body.version]?.find((each) =>
        values?.every((value, place) => value === place * each),
      );
      if (step === undefined || values?.length !== places.length) faults.push(body);
      else
        seen.set(`v${body.version} by ${step}`, (seen.get(`v${body.version} by ${step}`) ?? 0) + 1);
    }
  };
  const clients = Promise.all(Array.from({ length: 16 }, client));
  return {
    seen,
    faults,
    async stop() {
      stopped = true;
      await clients;
    },
  };
}

/** The answer that a new client gets. */
async function ask(target: NodeTarget): Promise<string> {
  const response = await target.fetch('/predict', post([3]));
  const body = (await response.json()) as { version?: string; predictions?: { value: number }[] };
  return `v${body.version} ${body.predictions?.[0]?.value}`;
}

describe('a server under load', () => {
  it('reloads fifty times without a failed, a wrong or a mixed answer', async () => {
    const { root, server } = await start();
    const load = async () => {
      const response = await server.fetch('/v2/repository/models/m/load', admin());
      expect(await response.json()).toEqual({ name: 'm', load: true });
    };
    const clients = askAll(server, { 1: [10, 20], 2: [30] });
    for (let round = 0; round < 17; round++) {
      // Another version comes, and goes again; the same version is replaced, and replaced back.
      writeGraph(root, '2', 30);
      await load();
      expect(await ask(server)).toBe('v2 90');
      rmSync(join(root, 'm', '2'), { recursive: true });
      await load();
      expect(await ask(server)).toBe('v1 30');
      writeGraph(root, '1', 20);
      await load();
      expect(await ask(server)).toBe('v1 60');
      writeGraph(root, '1', 10);
      await load();
      expect(await ask(server)).toBe('v1 30');
    }
    await clients.stop();
    expect(clients.faults).toEqual([]);
    expect([...clients.seen.keys()].sort()).toEqual(['v1 by 10', 'v1 by 20', 'v2 by 30']);
    const loads = () => server.logs().filter(({ msg }) => msg === 'model ready').length;
    await expect.poll(loads).toBe(1 + 17 * 3);
    // Prometheus sees the models that are there now, and counters that never went back.
    const metrics = await (await server.fetch('/metrics')).text();
    expect(metrics.match(/^model_info\{.*$/gm)).toHaveLength(1);
    const rows = [...metrics.matchAll(/^prediction_rows_total\{.*\} (\d+)$/gm)];
    const asked = [...clients.seen.values()].reduce((sum, count) => sum + count, 0);
    expect(rows.reduce((sum, [, count]) => sum + Number(count), 0)).toBe(asked * 10 + 17 * 4);
  });

  it('follows the files by itself when told to', async () => {
    const { root, server } = await start({ MODEL_POLL_SECONDS: '1' });
    const clients = askAll(server, { 1: [10, 20], 2: [30] });
    const becomes = (answer: string) =>
      expect.poll(() => ask(server), { timeout: 10_000, interval: 100 }).toBe(answer);
    writeGraph(root, '2', 30);
    await becomes('v2 90');
    rmSync(join(root, 'm', '2'), { recursive: true });
    await becomes('v1 30');
    writeGraph(root, '1', 20);
    await becomes('v1 60');
    // A whole repository beside it, and one that cannot be loaded.
    cpSync('model/digits', join(root, 'digits'), { recursive: true });
    writeFileSync(join(root, 'broken.onnx'), 'no graph');
    const state = async () => {
      const { models } = (await (await server.fetch('/models')).json()) as {
        models: { name: string; state: string }[];
      };
      return models.map(({ name, state }) => `${name} ${state}`);
    };
    await expect
      .poll(state, { timeout: 10_000, interval: 100 })
      .toEqual(['broken UNAVAILABLE', 'digits READY', 'm READY']);
    // The default stays what it was before there were several.
    await clients.stop();
    expect(clients.faults).toEqual([]);
  });
});

describe('a client that sends half a request', () => {
  it('keeps no model, and no other model waiting', async () => {
    const { root, server } = await start();
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
    socket.on('error', () => {});
    socket.write('POST /models/m/predict HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n[1');
    await expect
      .poll(async () => (await server.fetch('/metrics')).text())
      .toContain('\nhttp_requests_in_flight 2\n');
    writeGraph(root, '1', 20);
    for (const path of ['load', 'unload', 'load']) {
      const response = await server.fetch(`/v2/repository/models/m/${path}`, admin());
      expect(response.status).toBe(200);
    }
    expect(await ask(server)).toBe('v1 60');
    socket.destroy();
  });
});

describe('loading and unloading over HTTP', () => {
  it('is off without a token of the administrator, and asks for it', async () => {
    const { server: open } = await start({ ADMIN_TOKEN: '' });
    const refused = await open.fetch('/v2/repository/models/m/unload', admin());
    expect(refused.status).toBe(403);
    expect(await refused.json()).toEqual({
      error: 'loading and unloading models is off here; ADMIN_TOKEN turns it on, on Node',
      code: 'forbidden',
    });
    await open.stop();

    const { server } = await start();
    for (const headers of [{ Authorization: '' }, { Authorization: 'Bearer wrong' }]) {
      const response = await server.fetch('/v2/repository/models/m/unload', admin(headers));
      expect(response.status).toBe(401);
      expect(response.headers.get('WWW-Authenticate')).toBe('Bearer');
    }
    expect(await ask(server)).toBe('v1 30');
  });

  it('takes a model out and brings it back', async () => {
    const { root, server } = await start();
    const unload = await server.fetch('/v2/repository/models/m/unload', admin());
    expect(await unload.json()).toEqual({ name: 'm', unload: true });
    expect((await server.fetch('/predict', post([3]))).status).toBe(503);
    const index = await server.fetch('/v2/repository/index', post({}));
    expect(await index.json()).toEqual([
      { name: 'm', version: '1', state: 'UNAVAILABLE', reason: 'unloaded' },
    ]);
    expect((await server.fetch('/readyz')).status).toBe(200);

    writeFileSync(join(root, 'm/1/model.onnx'), 'no graph');
    const failed = await server.fetch('/v2/repository/models/m/load', admin());
    expect(failed.status).toBe(400);
    expect(await failed.json()).toEqual({
      error: expect.stringMatching(/^model 'm', version 1: ONNX Runtime cannot load the graph: /),
      code: 'bad_model',
    });
    writeGraph(root, '1', 20);
    expect((await server.fetch('/v2/repository/models/m/load', admin())).status).toBe(200);
    expect(await ask(server)).toBe('v1 60');
  });

  it('takes no model from the request, and none that is not there', async () => {
    const { server } = await start();
    const given = await server.fetch('/v2/repository/models/m/load', {
      ...admin(),
      body: JSON.stringify({ parameters: { config: '{}' } }),
    });
    expect(given.status).toBe(400);
    expect(await given.json()).toMatchObject({
      error: 'parameters.config: a model is loaded as it lies in the repository',
      code: 'bad_request',
    });
    const unknown = await server.fetch('/v2/repository/models/x/load', admin());
    expect(unknown.status).toBe(404);
    const absent = await server.fetch('/v2/repository/models/x/unload', { ...admin(), body: '' });
    expect(absent.status).toBe(404);
  });
});
