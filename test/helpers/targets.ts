import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { gunzipSync } from 'node:zlib';
import { createTestHarness } from 'wrangler';
import { createTestApp } from './app.ts';
import { WORKER_BUNDLE } from './build-worker.ts';

/** A running Kilat, wherever it runs. */
export interface Target {
  fetch(path: string, init?: RequestInit): Promise<Response>;
  /** The text of an answer, decompressed where the transport has not done that already. */
  decoded(response: Response): Promise<string>;
  /** The JSON lines it has logged so far. */
  logs(): Record<string, unknown>[];
  stop(): Promise<unknown>;
}

export type Settings = Readonly<Record<string, string>>;

type Start = (settings?: Settings) => Promise<Target>;

/** The places where the same contract holds: in this process, on Node over a socket, in workerd. */
export const TARGETS = {
  'in-process app': startInProcess,
  'Node server': startNode,
  workerd: startWorkerd,
  'Node server, native engine': (settings: Settings = {}) =>
    startNode({ ...settings, ENGINE: 'native' }),
} as const satisfies Record<string, Start>;

/** Those that run the same WebAssembly. */
export const WASM_TARGETS = ['in-process app', 'Node server', 'workerd'] as const;

/** All that can be had here: `npm run test:native` installs the native engine. */
export const TARGET_NAMES: readonly (keyof typeof TARGETS)[] = existsSync(
  'node_modules/onnxruntime-node',
)
  ? [...WASM_TARGETS, 'Node server, native engine']
  : WASM_TARGETS;

async function startInProcess(settings: Settings = {}): Promise<Target> {
  const { app, lines } = await createTestApp(settings);
  return {
    fetch: async (path, init) => app.request(path, init),
    decoded: async (response) => gunzipSync(await response.arrayBuffer()).toString(),
    logs: () => lines.slice(),
    stop: async () => {},
  };
}

/** One that browsers and other programs can reach. */
export interface SocketTarget extends Target {
  /** Without a slash at its end. */
  readonly url: string;
}

/** A server in a process of its own, on a free port unless the settings name one. */
export interface NodeTarget extends SocketTarget {
  /** Sends SIGTERM, or another signal, and gives the exit code. */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
}

export async function startNode(settings: Settings = {}): Promise<NodeTarget> {
  const child = spawn(process.execPath, ['src/node.ts'], {
    env: { ...process.env, PORT: '0', ...settings },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines: Record<string, unknown>[] = [];
  // Not 'exit': what it has written last may still be on its way then.
  const exited = once(child, 'close').then(([code]) => code as number | null);
  const url = await new Promise<string>((resolve, reject) => {
    createInterface(child.stdout).on('line', (text) => {
      const line = JSON.parse(text) as Record<string, unknown>;
      lines.push(line);
      if (line.msg === 'listening') resolve(String(line.url));
    });
    child.once('exit', (code) => reject(new Error(`the server stopped with ${code}`)));
  });
  return {
    fetch: (path, init) => fetch(new URL(path, url), init),
    decoded: (response) => response.text(),
    logs: () => lines.slice(),
    url,
    stop: (signal = 'SIGTERM') => {
      child.kill(signal);
      return exited;
    },
  };
}

async function startWorkerd(settings: Settings = {}): Promise<SocketTarget> {
  const harness = createTestHarness({
    workers: [
      { configPath: 'wrangler.toml', prebuiltWorkerDir: WORKER_BUNDLE, vars: { ...settings } },
    ],
  });
  const { url } = await harness.listen();
  return {
    fetch: (path, init) => fetch(new URL(path, url), init),
    decoded: (response) => response.text(),
    logs: () =>
      harness
        .getLogs()
        .filter(({ message }) => message.startsWith('{'))
        .map(({ message }) => JSON.parse(message) as Record<string, unknown>),
    url: url.origin,
    stop: () => harness.close(),
  };
}
