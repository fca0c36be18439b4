import { spawnSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { readCard } from './helpers/golden.ts';
import { startNode } from './helpers/targets.ts';

/** Starts the server with settings that it cannot start with. */
function failToStart(settings: Record<string, string>) {
  const { status, stderr } = spawnSync(process.execPath, ['src/node.ts'], {
    env: { ...process.env, ...settings },
    encoding: 'utf8',
  });
  return { status, stderr };
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
    for (const MODEL_REPOSITORY of [empty, join(empty, 'missing')]) {
      expect(failToStart({ MODEL_REPOSITORY })).toEqual({
        status: 1,
        stderr: `no models in ${MODEL_REPOSITORY}: ${message}\n`,
      });
    }
    expect(failToStart({ DEFAULT_MODEL: 'iris' }).stderr).toBe(
      'wrong settings:\n  DEFAULT_MODEL: expected one of the models that are there: breast-cancer, diabetes, digits\n',
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

  it('finishes what it has accepted when it is told to stop, and exits with 0', async () => {
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
    // The scrape is in flight itself: the request is accepted when there are two.
    await vi.waitFor(async () => {
      const metrics = await (await server.fetch('/metrics')).text();
      expect(metrics).toContain('\nhttp_requests_in_flight 2\n');
    });

    const stopped = server.stop();
    await vi.waitFor(() => expect(server.logs().at(-1)).toMatchObject({ msg: 'draining' }));
    sendRest();
    expect(await (await underWay).json()).toMatchObject({ predictions: [{ label: 'malignant' }] });
    expect(await stopped).toBe(0);
    expect(server.logs().at(-1)).toMatchObject({ msg: 'stopped' });
  });
});
