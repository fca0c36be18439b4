import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, symlinkSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { post, readCard } from './helpers/golden.ts';
import { repositoryOnDisk } from './helpers/store.ts';
import { type NodeTarget, startNode } from './helpers/targets.ts';

/** Starts the server with settings that it cannot start with. */
function failToStart(settings: Record<string, string>) {
  const { status, stderr } = spawnSync(process.execPath, ['src/node.ts'], {
    env: { ...process.env, PORT: '0', ...settings },
    encoding: 'utf8',
    timeout: 20_000,
  });
  return { status, stderr };
}

/** Sends a request whose body stops half-way, and waits until the server has accepted it. */
async function sendHalf(server: NodeTarget): Promise<Socket> {
  const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
  socket.on('error', () => {});
  socket.write('POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n[1');
  await isInFlight(server);
  return socket;
}

/** Waits until a request is being answered: the scrape that asks is one itself. */
function isInFlight(server: NodeTarget): Promise<void> {
  return vi.waitFor(async () => {
    const metrics = await (await server.fetch('/metrics')).text();
    expect(metrics).toContain('\nhttp_requests_in_flight 2\n');
  });
}

describe('the Node entry', () => {
  it('stops with one message when settings are wrong', () => {
    expect(failToStart({ PORT: 'x', LOG_LEVEL: 'y' })).toEqual({
      status: 1,
      stderr:
        'wrong settings:\n' +
        '  PORT: expected a whole number from 0 to 65535\n' +
        '  LOG_LEVEL: expected debug, info, warn, error or silent\n',
    });
  });

  it('says what to do when the repository is empty, missing or without the default model', () => {
    const empty = mkdtempSync(join(tmpdir(), 'kilat-models-'));
    const message = `put one at <name>/1/model.onnx, or set MODEL_REPOSITORY to a directory that has some`;
    for (const MODEL_REPOSITORY of [empty, join(empty, 'missing'), 'README.md']) {
      expect(failToStart({ MODEL_REPOSITORY })).toEqual({
        status: 1,
        stderr: `no models in ${MODEL_REPOSITORY}: ${message}\n`,
      });
    }
    expect(failToStart({ DEFAULT_MODEL: 'no-such-model' }).stderr).toMatch(
      /^wrong settings:\n {2}DEFAULT_MODEL: expected one of the models that are there: .*digits/,
    );
  });

  it('says so when the port is taken', async () => {
    const server = await startNode();
    try {
      const { port } = new URL(server.url);
      expect(failToStart({ PORT: port })).toEqual({
        status: 1,
        stderr: `cannot listen on 127.0.0.1:${port}: the port is in use; set PORT to another\n`,
      });
    } finally {
      await server.stop();
    }
  });

  it('serves models behind links, as a mounted volume has them', async () => {
    const models = mkdtempSync(join(tmpdir(), 'kilat-models-'));
    symlinkSync(resolve('model/digits'), join(models, 'linked'));
    symlinkSync(join(models, 'nowhere'), join(models, 'dangling'));
    const server = await startNode({ MODEL_REPOSITORY: models });
    const response = await server.fetch('/readyz');
    expect(await response.json()).toMatchObject({
      models: [{ name: 'linked', state: 'UNAVAILABLE', reason: expect.stringContaining('digits') }],
    });
    await server.stop();
  });

  it('answers everybody else while a model runs long', async () => {
    const repository = repositoryOnDisk('slow');
    cpSync('model/digits', join(repository, 'digits'), { recursive: true });
    const server = await startNode({ MODEL_REPOSITORY: repository });
    const answered: string[] = [];
    const ask = async (name: string, path: string, init?: RequestInit) => {
      const response = await server.fetch(path, init);
      expect(response.status).toBe(200);
      answered.push(name);
      return response;
    };
    const rows = Array.from({ length: 40 }, (_, row) => new Array(16).fill(row));
    const slow = ask('slow', '/models/slow/predict', post({ instances: rows }));
    await isInFlight(server);
    await ask('health', '/healthz');
    await ask('other', '/models/digits/predict', post(readCard('digits').examples[0]));
    expect(await (await slow).json()).toMatchObject({
      predictions: rows.map(([mean]) => ({ y: [mean] })),
    });
    expect(answered).toEqual(['health', 'other', 'slow']);
    expect(await server.stop()).toBe(0);
  });

  it.runIf(!existsSync('node_modules/onnxruntime-node'))(
    'says what to install for the native engine',
    () => {
      const { status, stderr } = failToStart({ ENGINE: 'native' });
      expect(status).toBe(1);
      expect(stderr).toMatch(/^ENGINE=native needs the package onnxruntime-node \(npm install/);
    },
  );

  it('finishes what it has accepted when it is told to stop, and takes nothing new', async () => {
    const server = await startNode();
    let sendRest: () => void = () => {};
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        const text = new TextEncoder().encode(
          JSON.stringify(readCard('breast-cancer').examples[0]),
        );
        controller.enqueue(text.slice(0, 20));
        sendRest = () => {
          controller.enqueue(text.slice(20));
          controller.close();
        };
      },
    });
    const underWay = server.fetch('/predict', {
      method: 'POST',
      body,
      duplex: 'half',
    } as RequestInit);
    await isInFlight(server);

    const stopped = server.stop();
    await vi.waitFor(() => expect(server.logs().at(-1)).toMatchObject({ msg: 'draining' }));
    // Whoever comes meanwhile is told so, and what watches the server still sees it.
    expect((await server.fetch('/healthz')).status).toBe(200);
    for (const [path, init] of [['/readyz'], ['/predict', post([1])]] as const) {
      const refused = await server.fetch(path, init);
      expect(refused.headers.get('Connection')).toBe('close');
      expect(refused.headers.get('Retry-After')).toBe('1');
      expect(await refused.json()).toMatchObject({ code: 'shutting_down' });
    }
    sendRest();
    const response = await underWay;
    expect(response.headers.get('Connection')).toBe('close');
    expect(await response.json()).toMatchObject({ predictions: [{ label: 'malignant' }] });
    expect(await stopped).toBe(0);
    expect(server.logs().at(-1)).toMatchObject({ msg: 'stopped' });
    await expect(server.fetch('/healthz')).rejects.toThrow('fetch failed');
  });

  it('ends at once on a second signal', async () => {
    const server = await startNode();
    await sendHalf(server);
    const stopped = server.stop();
    await vi.waitFor(() => expect(server.logs().at(-1)).toMatchObject({ msg: 'draining' }));
    await server.stop('SIGINT');
    expect(await stopped).toBe(1);
  });

  it('cuts what does not end within the time that it has to stop', async () => {
    const server = await startNode({ SHUTDOWN_SECONDS: '1' });
    await sendHalf(server);
    expect(await server.stop()).toBe(0);
    expect(server.logs().some(({ msg }) => String(msg).startsWith('shutdown took too long'))).toBe(
      true,
    );
  });

  it('does not wait for a run that takes longer than it has to stop', async () => {
    const repository = repositoryOnDisk('slow');
    const server = await startNode({ MODEL_REPOSITORY: repository, SHUTDOWN_SECONDS: '1' });
    const rows = Array.from({ length: 150 }, () => new Array(16).fill(1));
    const slow = server.fetch('/models/slow/predict', post({ instances: rows }));
    const cut = expect(slow).rejects.toThrow();
    await isInFlight(server);
    expect(await server.stop()).toBe(0);
    await cut;
    expect(server.logs()).toContainEqual(expect.objectContaining({ msg: 'stopped' }));
  });

  it('takes a body that breaks off for what it is, and goes on', async () => {
    const server = await startNode();
    const socket = await sendHalf(server);
    socket.destroy();
    await vi.waitFor(() =>
      expect(server.logs()).toContainEqual(
        expect.objectContaining({ level: 'info', status: 400, code: 'bad_request' }),
      ),
    );
    const metrics = await (await server.fetch('/metrics')).text();
    expect(metrics).toContain('\nhttp_requests_in_flight 1\n');
    expect(server.logs().filter(({ level }) => level === 'error')).toEqual([]);
    await server.stop();
  });
});
