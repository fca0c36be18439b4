import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { freePort } from '../helpers/free-port.ts';
import { post, readCard } from '../helpers/golden.ts';
import { runOnTerminal } from '../helpers/terminal.ts';
import { createFilter, nameOf, readCopy, readStages, valuesOf } from './dockerfile.ts';

const stages = readStages('Dockerfile');
const final = stages.at(-1) ?? [];
const isSent = createFilter('.dockerignore');
const packageJson = JSON.parse(readFileSync('package.json', 'utf8'));

describe('the Dockerfile', () => {
  it('has the Node that tests run on in every stage', () => {
    const { node } = packageJson.devDependencies;
    const images = stages.map((stage) => valuesOf(stage, 'FROM')[0]?.split(' ')[0]);
    expect(new Set(images)).toEqual(new Set([`node:${node}-slim`]));
  });

  it('copies what is there, and .dockerignore lets through', () => {
    const copies = stages.flatMap((stage) => valuesOf(stage, 'COPY')).map(readCopy);
    const sources = copies.filter(({ from }) => !from).flatMap((copy) => copy.sources);
    expect(sources).toContain('src');
    for (const source of sources) {
      expect([source, existsSync(source)]).toEqual([source, true]);
      expect([source, isSent(source)]).toEqual([source, true]);
    }
  });

  it('serves as nobody in particular, on every interface, and stops when it is told to', () => {
    expect(valuesOf(final, 'USER')).toEqual(['node']);
    expect(valuesOf(final, 'ENV')[0]).toContain('HOST=0.0.0.0');
    expect(valuesOf(final, 'STOPSIGNAL')).toEqual(['SIGTERM']);
    expect(valuesOf(final, 'CMD')).toEqual(['["node", "src/node.ts"]']);
  });
});

describe('.dockerignore', () => {
  it.each([
    ['src/node.ts', true],
    ['src/protocols/grpc/inference.proto', true],
    ['model/digits/1/model.onnx', true],
    ['model/digits/model.json', true],
    ['.npmrc', true],
    ['src/cli/push.ts', false],
    ['src/quantities.ts', true],
    ['src/cli/site.ts', true],
    ['src/cli/replace-directory.ts', true],
    ['src/worker.ts', false],
    ['model/train.py', false],
    ['model/requirements.txt', false],
    ['test/node.test.ts', false],
    ['node_modules/hono/package.json', false],
    ['wrangler.toml', false],
    ['.git/config', false],
    ['.env', false],
    ['.dev.vars', false],
    ['observability/.env', false],
  ])('%s gets in: %s', (path, expected) => {
    expect(isSent(path)).toBe(expected);
  });
});

/**
 * The image's files, put together by the Dockerfile's own instructions. There is no container engine in a test: what is
 * the image's alone, its Debian and its users, is not in it.
 */
describe('what the Dockerfile puts together', () => {
  const root = mkdtempSync(join(tmpdir(), 'kilat-image-'));
  /** What is at /app, the working directory, of the last stage. */
  let app: string;

  beforeAll(() => {
    chmodSync(root, 0o755);
    const folders = new Map<string | undefined, string>();
    for (const [number, stage] of stages.entries()) {
      app = join(root, String(number));
      mkdirSync(app);
      folders.set(nameOf(stage), app);
      for (const { name, value } of stage) {
        if (name === 'COPY') copy(value, folders);
        if (name === 'RUN') run(value);
      }
    }
  }, 240_000);
  afterAll(() => rmSync(root, { recursive: true }));

  function copy(value: string, folders: ReadonlyMap<string | undefined, string>): void {
    const { from, sources, target } = readCopy(value);
    for (const source of sources) {
      const to = target === './' ? join(app, source) : join(app, target);
      if (from) {
        cpSync(source.replace(/^\/app/, folders.get(from) ?? ''), to, { recursive: true });
      } else {
        cpSync(source, to, { recursive: true, filter: (path) => isSent(relative('.', path)) });
      }
    }
  }

  function run(command: string): void {
    const env = { ...process.env, npm_config_prefer_offline: 'true' };
    execFileSync('sh', ['-ec', command], { cwd: app, env, stdio: ['ignore', 'ignore', 'pipe'] });
  }

  it('has the packages that run, and none that only build or test', () => {
    const installed = globSync(['node_modules/*', 'node_modules/@*/*'], { cwd: app });
    const names = installed.map((path) => relative('node_modules', path));
    expect(names).toEqual(expect.arrayContaining(Object.keys(packageJson.dependencies)));
    const tools = ['wrangler', 'workerd', 'vitest', 'typescript', 'node', 'esbuild', 'dclint'];
    expect(names.filter((name) => tools.includes(name))).toEqual([]);
    expect(existsSync(join(app, 'src/cli'))).toBe(false);
    expect(existsSync(join(app, 'src/site/browser'))).toBe(false);
  });

  it('answers a prediction, as another user and without writing a file', async () => {
    const port = String(await freePort());
    const url = `http://127.0.0.1:${port}`;
    const variables = Object.fromEntries(
      valuesOf(final, 'ENV').flatMap((value) => value.split(/\s+/).map((pair) => pair.split('='))),
    );
    const env = { ...variables, PATH: process.env.PATH, HOST: '127.0.0.1', PORT: port };
    // Another user, where this is root and the others may run this very Node.
    const other = { uid: 1000, gid: 1000 };
    const user = spawnSync(process.execPath, ['--version'], other).status === 0 ? other : {};
    // Node's permission model refuses every write, as a read-only root file system does.
    const permissions = ['--permission', '--allow-fs-read=*', '--allow-worker'];
    const child = spawn(process.execPath, [...permissions, 'src/node.ts'], {
      ...user,
      cwd: app,
      env,
      stdio: ['ignore', 'ignore', 'ignore'],
    });
    const exited = once(child, 'exit');
    const [, , ...check] = healthCheck();
    const isHealthy = () => spawnSync(process.execPath, check, { env }).status === 0;
    try {
      await vi.waitFor(() => expect(isHealthy()).toBe(true), { timeout: 20_000, interval: 200 });
      const ready = await fetch(`${url}/readyz`);
      expect(await ready.json()).toMatchObject({ ready: true, models: { length: 3 } });
      expect(await (await fetch(url)).text()).toContain('assets/page-');
      const body = { instances: readCard('breast-cancer').examples };
      const response = await fetch(`${url}/predict`, post(body));
      expect(await response.json()).toMatchObject({
        model: 'breast-cancer',
        predictions: expect.arrayContaining([expect.objectContaining({ label: 'benign' })]),
      });
    } finally {
      child.kill('SIGTERM');
    }
    expect(await exited).toEqual([0, null]);
    expect(isHealthy()).toBe(false);
  });

  it('starts on a terminal as well, and suggests nothing that it has not', async () => {
    const settings = { HOST: '127.0.0.1', PORT: '0', NODE_ENV: 'production' };
    const screen = runOnTerminal(`exec ${process.execPath} src/node.ts`, settings, app);
    try {
      // What ends before that has said why.
      const isUp = await Promise.race([screen.line(/Ctrl\+C/), screen.exited]);
      const text = screen.lines().join('\n');
      expect(isUp, text).toMatch(/Ctrl\+C stops it/);
      expect(text).toContain('breast-cancer');
      expect(text).toMatch(/try +curl -s /);
      expect(text).not.toContain('npm run');
      screen.interrupt();
      expect(await screen.exited).toBe(0);
    } finally {
      await screen.close();
    }
  });
});

/** The health check's command: `CMD node -e ...`. */
function healthCheck(): string[] {
  const [value = ''] = valuesOf(final, 'HEALTHCHECK');
  return ['CMD', ...(JSON.parse(value.slice(value.indexOf('CMD') + 3)) as string[])];
}
