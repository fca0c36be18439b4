import { execFile, execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { getPlatformProxy } from 'wrangler';
import { type Bucket, R2Store } from '../../src/stores/r2.ts';
import { createTestApp } from '../helpers/app.ts';
import { post } from '../helpers/golden.ts';
import { lookupGraph, shippedGraph } from '../helpers/store.ts';

/** wrangler takes a second or two to start, and starts for every object. */
const LONGEST_TEST_MS = 120_000;
const LONGEST_RUN_MS = 60_000;

interface Outcome {
  readonly code: unknown;
  readonly stdout: string;
  readonly stderr: string;
}

type TestBucket = Bucket & {
  get(key: string): Promise<{ arrayBuffer(): Promise<ArrayBuffer> } | null>;
};

describe('npm run models:push', { timeout: LONGEST_TEST_MS }, () => {
  /** Everything that a test writes, the local bucket and what the command itself writes for a while among it. */
  let place: string;
  let models: string;
  let storage: string;
  let scratch: string;
  beforeEach(() => {
    place = mkdtempSync(join(tmpdir(), 'kilat-push-test-'));
    [models, storage, scratch] = ['models', 'storage', 'scratch'].map((name) => {
      mkdirSync(join(place, name));
      return join(place, name);
    }) as [string, string, string];
  });
  afterEach(async () => {
    await everyChildEnds();
    rmSync(place, { recursive: true });
  });

  /** Writes files of a repository. */
  function write(files: Readonly<Record<string, Uint8Array | string>>): void {
    for (const [path, content] of Object.entries(files)) {
      mkdirSync(join(models, dirname(path)), { recursive: true });
      writeFileSync(join(models, path), content);
    }
  }

  const environment = () => ({ ...process.env, TMPDIR: scratch, WRANGLER_SEND_METRICS: 'false' });
  const toStorage = () => ['--local', '--persist-to', storage];

  /** Runs a script of Node's to its end. */
  function run(...args: string[]): Promise<Outcome> {
    return new Promise((resolve) => {
      const options = { env: environment(), timeout: LONGEST_RUN_MS };
      execFile(process.execPath, args, options, (error, stdout, stderr) => {
        resolve({ code: error ? error.code : 0, stdout, stderr });
      });
    });
  }

  const push = (...options: string[]) => {
    return run('src/cli/push.ts', 'models', models, ...toStorage(), ...options);
  };

  /** Starts a push, and sends it a signal as soon as it says that it has pushed a file. */
  async function pushUntil(key: string, signal: NodeJS.Signals) {
    const args = ['src/cli/push.ts', 'models', models, ...toStorage(), '--skip-check'];
    const child = spawn(process.execPath, args, {
      env: environment(),
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: LONGEST_RUN_MS,
    });
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    const pushed: string[] = [];
    createInterface(child.stdout).on('line', (line) => {
      pushed.push(line.split(' ')[0] ?? '');
      if (pushed.at(-1) === key) child.kill(signal);
    });
    const [code, endedBy] = await once(child, 'close');
    // A wrangler that has lost its parent may still finish what it has begun.
    await everyChildEnds();
    return { code: code ?? endedBy, pushed, stderr };
  }

  /** What the command should have removed; wrangler puts files of its own there, too. */
  const leftBehind = () => readdirSync(scratch).filter((name) => name.startsWith('kilat-'));

  /** Processes that have to do with this test's bucket. */
  function children(): string[] {
    const all = execFileSync('ps', ['-A', '-ww', '-o', 'args='], { encoding: 'utf8' }).split('\n');
    return all.filter((args) => args.includes(storage));
  }

  function everyChildEnds(): Promise<void> {
    return vi.waitFor(() => expect(children()).toEqual([]), { timeout: 30_000, interval: 100 });
  }

  /** Reads an object as anybody would; undefined where there is none. */
  async function get(key: string): Promise<Uint8Array | undefined> {
    const file = join(scratch, 'object');
    const wrangler = 'node_modules/wrangler/bin/wrangler.js';
    const object = ['r2', 'object', 'get', `models/${key}`, '--file', file];
    const { code } = await run(wrangler, ...object, ...toStorage());
    if (code !== 0) return undefined;
    const bytes = readFileSync(file);
    rmSync(file);
    return bytes;
  }

  /** What the bucket holds, and the app as it starts on that, by the store that the Worker has. */
  async function serveBucket() {
    const configPath = join(scratch, 'wrangler.json');
    const r2_buckets = [{ binding: 'MODELS', bucket_name: 'models' }];
    const compatibility_date = '2026-11-01';
    writeFileSync(configPath, JSON.stringify({ name: 'x', compatibility_date, r2_buckets }));
    const persist = { path: join(storage, 'v3') };
    const { env, dispose } = await getPlatformProxy<{ MODELS: TestBucket }>({
      configPath,
      persist,
    });
    try {
      const store = new R2Store(env.MODELS, () => new Promise(() => {}));
      const { app, models: served } = await createTestApp({}, { store });
      const objects = new Map<string, Buffer>();
      for (const { key } of (await env.MODELS.list({})).objects) {
        const object = await env.MODELS.get(key);
        if (object) objects.set(key, Buffer.from(await object.arrayBuffer()));
      }
      return { app, objects, entries: served.entries() };
    } finally {
      await dispose();
      rmSync(configPath);
    }
  }

  /** The files of a directory and what is in them. */
  function contents(root: string): ReadonlyMap<string, string> {
    const entries = readdirSync(root, { recursive: true, withFileTypes: true });
    const paths = entries
      .filter((each) => each.isFile())
      .map((each) => join(each.parentPath, each.name));
    return new Map(paths.map((path) => [path, readFileSync(path, 'base64')]));
  }

  const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

  it('puts every file into the bucket as it is, with hashes where there were none', async () => {
    const graph = shippedGraph('diabetes');
    const card = readFileSync('model/diabetes/model.json');
    const own = `${sha256(lookupGraph(10))} *./model.onnx\n`;
    write({
      'diabetes/1/model.onnx': graph,
      'diabetes/1/notes.txt': 'passed over',
      'diabetes/model.json': card,
      'lookup/3/model.onnx': lookupGraph(10),
      'lookup/3/SHA256SUMS': own,
      'vector/model.onnx': readFileSync('test/models/vector.onnx'),
      'matrix.onnx': readFileSync('test/models/matrix.onnx'),
    });
    const before = contents(models);

    const { code, stdout, stderr } = await push();
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout.split('\n')).toEqual([
      'diabetes/1/SHA256SUMS (77 B)',
      'diabetes/model.json (5.3 kB)',
      'diabetes/1/model.onnx (699 B)',
      'lookup/3/SHA256SUMS (79 B)',
      'lookup/3/model.onnx (156 B)',
      'matrix.onnx (70 B)',
      'vector/SHA256SUMS (77 B)',
      'vector/model.onnx (66 B)',
      'pushed 8 files (6.6 kB) of 4 models to r2://models',
      '',
    ]);
    expect(contents(models)).toEqual(before);
    expect(leftBehind()).toEqual([]);

    expect(await get('diabetes/1/model.onnx')).toEqual(Buffer.from(graph));
    expect(await get('diabetes/1/SHA256SUMS')).toEqual(
      Buffer.from(`${sha256(graph)}  model.onnx\n`),
    );
    const { objects, entries } = await serveBucket();
    expect(objects.size).toBe(8);
    expect(objects.get('diabetes/model.json')).toEqual(card);
    expect(objects.get('lookup/3/SHA256SUMS')?.toString()).toBe(own);
    expect(objects.get('vector/SHA256SUMS')?.toString()).toBe(
      `${sha256(readFileSync('test/models/vector.onnx'))}  model.onnx\n`,
    );
    expect(entries.map(({ name, version, state }) => [name, version, state])).toEqual([
      ['diabetes', '1', 'READY'],
      ['lookup', '3', 'READY'],
      ['matrix', '1', 'READY'],
      ['vector', '1', 'READY'],
    ]);
  });

  it('pushes nothing where a model cannot be served, unless it is told to', async () => {
    write({ 'whole.onnx': lookupGraph(10), 'half/1/model.onnx': lookupGraph(10).slice(0, 100) });
    const { code, stdout, stderr } = await push();
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr.split('\n')).toEqual([
      'nothing is pushed: 1 of 2 versions cannot be served',
      expect.stringMatching(/^ {2}half v1: ONNX Runtime cannot load the graph: /),
      '(--skip-check pushes them all the same)',
      '',
    ]);
    expect(readdirSync(storage)).toEqual([]);

    const forced = await push('--skip-check');
    expect(forced.stdout).toMatch(/\npushed 3 files \(\d+ B\) of 2 models to r2:\/\/models\n$/);
  });

  it('stops where wrangler fails, with what wrangler says', async () => {
    write({ 'whole.onnx': lookupGraph(10) });
    writeFileSync(join(storage, 'v3'), 'no directory');
    const { code, stdout, stderr } = await push();
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/v3/);
    expect(
      stderr.endsWith(
        '\n0 of 1 file pushed to r2://models; nothing half pushed is served, and pushing again is safe\n',
      ),
    ).toBe(true);
    expect(leftBehind()).toEqual([]);
  });

  it('stops wrangler when it is told to stop', async () => {
    write({ 'a.onnx': lookupGraph(10), 'b.onnx': lookupGraph(20), 'c.onnx': lookupGraph(30) });
    const { code, pushed, stderr } = await pushUntil('a.onnx', 'SIGTERM');
    expect({ code, pushed, stderr }).toEqual({
      code: 143,
      pushed: ['a.onnx'],
      stderr:
        'stopped by SIGTERM\n1 of 3 files pushed to r2://models; nothing half pushed is served, and pushing again is safe\n',
    });
    expect(leftBehind()).toEqual([]);
    expect((await serveBucket()).objects.has('c.onnx')).toBe(false);
  });

  it('leaves nothing that is served and is neither the old nor the new when it is killed', async () => {
    const [graph, weights] = ['external.onnx', 'external.onnx.data'].map((file) =>
      readFileSync(`test/models/${file}`),
    ) as [Buffer, Buffer];
    const put = (model: Uint8Array, data: Uint8Array) => {
      write({ 'm/1/model.onnx': model, 'm/1/external.onnx.data': data });
    };
    const ask = async () => {
      const { app, objects, entries } = await serveBucket();
      const [entry] = entries;
      const answer = await app.request('/models/m/predict', post([1, 2, 3, 4]));
      const { predictions } = (await answer.json()) as { predictions?: unknown };
      return { objects, state: entry?.state, reason: entry?.reason, predictions };
    };

    // The first push: no graph, so no version.
    put(graph, weights);
    const first = await pushUntil('m/1/SHA256SUMS', 'SIGKILL');
    expect(first).toMatchObject({ code: 'SIGKILL', pushed: ['m/1/SHA256SUMS'] });
    const begun = await ask();
    expect(begun.objects.has('m/1/model.onnx')).toBe(false);
    expect(begun).toMatchObject({ state: 'UNKNOWN', predictions: undefined });
    // The same again ends what was begun.
    expect((await push()).code).toBe(0);
    const old = await ask();
    expect(old).toMatchObject({ state: 'READY', predictions: [expect.anything()] });

    // Another graph, by a field that says nothing, with other weights.
    const next = Buffer.concat([graph, Buffer.from([0x32, 1, 0x42])]);
    put(
      next,
      weights.map((byte) => byte ^ 1),
    );
    const killed = await pushUntil('m/1/SHA256SUMS', 'SIGKILL');
    expect(killed).toMatchObject({ code: 'SIGKILL', pushed: ['m/1/SHA256SUMS'] });
    const half = await ask();
    expect(half.objects.get('m/1/model.onnx')).toEqual(graph);
    expect(half).toMatchObject({
      state: 'UNAVAILABLE',
      reason: expect.stringMatching(/^its SHA-256 is [0-9a-f]{64}, SHA256SUMS says/),
      predictions: undefined,
    });

    // Killed later: wrangler may have finished the graph without its parent, and then all of it is there.
    await pushUntil('m/1/external.onnx.data', 'SIGKILL');
    const later = await ask();
    const isWhole = later.objects.get('m/1/model.onnx')?.equals(next);
    expect(later.state).toBe(isWhole ? 'READY' : 'UNAVAILABLE');

    expect((await push()).code).toBe(0);
    const replaced = await ask();
    expect(replaced).toMatchObject({ state: 'READY', predictions: [expect.anything()] });
    expect(replaced.predictions).not.toEqual(old.predictions);
  });

  it('says what cannot be pushed, and why', async () => {
    write({
      'external.onnx': readFileSync('test/models/external.onnx'),
      'external.onnx.data': readFileSync('test/models/external.onnx.data'),
    });
    const bare = await push();
    expect(bare.code).toBe(1);
    expect(bare.stderr).toBe(
      'external v1 cannot be pushed: external.onnx keeps weights in external.onnx.data, and only in a folder of its own can hashes hold the two together; move them to external/1/ and call the graph model.onnx\n',
    );
    expect(existsSync(join(storage, 'v3'))).toBe(false);

    const name = await run('src/cli/push.ts', 'a/b', models);
    expect(name.stderr).toMatch(/^error: .*'a\/b' is invalid.*expected 3 to 63 /);
    const remote = await run('src/cli/push.ts', 'models', models, '--persist-to', storage);
    expect(remote).toEqual({
      code: 1,
      stdout: '',
      stderr: '--persist-to is where --local pushes to: expected both, or neither\n',
    });
    const nothing = await run('src/cli/push.ts', 'models', scratch);
    expect(nothing.stderr).toMatch(/^no models in /);
  });
});
