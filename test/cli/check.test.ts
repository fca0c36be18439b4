import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { shippedCard, shippedGraph } from '../helpers/store.ts';
import { tinyGraph } from '../helpers/tiny-graph.ts';

/** A command that has not ended by then is killed, and its exit code is not a number. */
const LONGEST_RUN_MS = 25_000;

/** Runs the command as `npm run models:check` does. */
function check(
  args: readonly string[],
  settings: Readonly<Record<string, string>> = {},
): Promise<{ code: unknown; stdout: string; stderr: string }> {
  const options = { timeout: LONGEST_RUN_MS, env: { ...process.env, ...settings } };
  return new Promise((resolve) => {
    execFile(process.execPath, ['src/cli/check.ts', ...args], options, (error, stdout, stderr) => {
      resolve({ code: error ? error.code : 0, stdout, stderr });
    });
  });
}

interface Row {
  readonly model: string;
  readonly version: string;
  readonly verdict: string;
  readonly fault: string | null;
  readonly reason: string | null;
  readonly inputs: unknown;
  readonly outputs: unknown;
  readonly bytes: number | null;
  readonly load_seconds: number | null;
  readonly run_seconds: number | null;
}

function readRows(stdout: string): Row[] {
  return JSON.parse(stdout).versions;
}

/** The cells of a table, of each row of several lines the lines. */
function readTable(stdout: string): string[][][] {
  const rows = stdout.split(/^[┌├└].*\n/m).slice(1, -1);
  return rows.map((row) => {
    const lines = row.trimEnd().split('\n');
    const cells = lines.map((line) => line.split('│').slice(1, -1));
    return (cells[0] ?? []).map((_, column) => {
      return cells.map((line) => line[column]?.trim() ?? '').filter((text) => text !== '');
    });
  });
}

describe('npm run models:check', () => {
  const made: string[] = [];
  afterEach(() => {
    for (const root of made.splice(0)) rmSync(root, { recursive: true });
  });

  /** A directory with files of those contents. */
  function repository(files: Readonly<Record<string, Uint8Array | string>>): string {
    const root = mkdtempSync(join(tmpdir(), 'kilat-check-'));
    made.push(root);
    for (const [path, content] of Object.entries(files)) {
      mkdirSync(join(root, dirname(path)), { recursive: true });
      writeFileSync(join(root, path), content);
    }
    return root;
  }

  it('shows what every model takes and gives, and that it can be served', async () => {
    const { code, stdout, stderr } = await check([]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const [head, ...rows] = readTable(stdout);
    expect(head?.flat()).toEqual([
      'model',
      'version',
      'inputs',
      'outputs',
      'size',
      'load ms',
      'run ms',
      'verdict',
    ]);
    const ms = [expect.stringMatching(/^\d+\.\d+$/)];
    expect(rows).toEqual([
      [
        ['breast-cancer'],
        ['1'],
        ['features FP32 [-1, 30]'],
        ['label INT64 [-1]', 'probabilities FP32 [-1, 2]'],
        ['1.0 kB'],
        ms,
        ms,
        ['ok'],
      ],
      [
        ['diabetes'],
        ['1'],
        ['features FP64 [-1, 10]'],
        ['variable FP64 [-1, 1]'],
        ['699 B'],
        ms,
        ms,
        ['ok'],
      ],
      [
        ['digits'],
        ['1'],
        ['features FP32 [-1, 64]'],
        ['label INT64 [-1]', 'probabilities FP32 [-1, 10]'],
        ['21.0 kB'],
        ms,
        ms,
        ['ok'],
      ],
    ]);
    expect(stdout).toMatch(/\n3 versions of 3 models: all can be served\n$/);
  });

  it('says of every broken version why, and goes on', async () => {
    const graph = shippedGraph('digits');
    const broken = repository({
      'card-of-another/1/model.onnx': graph,
      'card-of-another/model.json': JSON.stringify(shippedCard('digits')),
      'few-labels/1/model.onnx': graph,
      'few-labels/model.json': JSON.stringify(
        shippedCard('digits', { name: 'few-labels', sha256: undefined, labels: ['one'] }),
      ),
      'half-written/1/model.onnx': graph.slice(0, 500),
      'half-written/2/model.onnx': graph,
      'no-graph/1/digits.onnx': graph,
      'no-json/1/model.onnx': graph,
      'no-json/model.json': '{',
      'other-hash/1/model.onnx': graph,
      'other-hash/1/SHA256SUMS': `${'0'.repeat(64)}  model.onnx\n`,
      'zip-map/1/model.onnx': readFileSync('test/models/zipmap.onnx'),
    });
    cpSync('model/diabetes', join(broken, 'diabetes'), { recursive: true });

    const [machine, person] = [await check([broken, '--json']), await check([broken])];
    expect([machine.code, machine.stderr]).toEqual([1, '']);
    expect([person.code, person.stderr]).toEqual([1, '']);
    const rows = readRows(machine.stdout);
    const found = rows.map((row) => [row.model, row.version, row.fault, row.reason]);
    expect(found).toEqual([
      ['card-of-another', '1', 'bad_card', expect.stringMatching(/^the card is of 'digits'/)],
      ['diabetes', '1', null, null],
      ['few-labels', '1', 'bad_card', expect.stringMatching(/^the card has 1 labels/)],
      ['half-written', '2', null, null],
      ['half-written', '1', 'bad_graph', expect.stringMatching(/parsing failed/)],
      ['no-graph', '1', 'unreadable', expect.stringMatching(/^there is no model.onnx/)],
      ['no-json', '1', 'unreadable', expect.stringMatching(/^model.json is not JSON/)],
      ['other-hash', '1', 'wrong_hash', expect.stringMatching(/SHA256SUMS says 0{64}$/)],
      ['zip-map', '1', 'unsupported', expect.stringMatching(/without ZipMap/)],
    ]);
    for (const { verdict, reason, bytes, load_seconds, run_seconds } of rows) {
      expect(verdict).toBe(reason === null ? 'ok' : 'failed');
      const times = reason === null ? expect.any(Number) : null;
      expect({ load_seconds, run_seconds }).toEqual({ load_seconds: times, run_seconds: times });
      expect(bytes === null).toBe(reason?.startsWith('there is no') ?? false);
    }

    // The table says the same, in lines of a readable length.
    const verdicts = readTable(person.stdout)
      .slice(1)
      .map((row) => row.at(-1) ?? []);
    expect(verdicts.map((lines) => lines.join(' ').replaceAll(' ', ''))).toEqual(
      rows.map(({ reason }) => reason?.replaceAll(' ', '') ?? 'ok'),
    );
    expect(Math.max(...verdicts.flat().map(({ length }) => length))).toBeLessThanOrEqual(44);
    expect(person.stdout).toMatch(/\n7 of 9 versions cannot be served\n/);
    expect(JSON.parse(machine.stdout).summary).toBe('7 of 9 versions cannot be served');
  });

  it('counts external data, and loads a bare graph and what needs threads', async () => {
    const external = repository({
      'external/model.onnx': readFileSync('test/models/external.onnx'),
      'external/external.onnx.data': readFileSync('test/models/external.onnx.data'),
      'external/README': 'no part of the model',
      'slow.onnx': readFileSync('test/models/slow.onnx'),
    });
    const { code, stdout } = await check([external, '--json'], { INFERENCE_THREADS: '1' });
    expect(code).toBe(0);
    const [model, slow] = readRows(stdout);
    const files = ['external.onnx', 'external.onnx.data'];
    const bytes = files.map((file) => readFileSync(`test/models/${file}`).length);
    expect(model).toMatchObject({
      model: 'external',
      version: '1',
      bytes: bytes.reduce((sum, size) => sum + size),
      inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 4] }],
      outputs: [{ name: 'y', datatype: 'FP32', shape: [-1, 4] }],
    });
    expect(slow).toMatchObject({ model: 'slow', verdict: 'ok', run_seconds: expect.any(Number) });
  });

  it('gives no time for a model that refuses zeros and has no example', async () => {
    // It wants the sixth row, whatever comes.
    const refusing = repository({ 'sixth.onnx': tinyGraph('Gather', [], 1, { second: 5 }) });
    const { code, stdout } = await check([refusing, '--json']);
    expect(code).toBe(0);
    expect(readRows(stdout)).toMatchObject([{ verdict: 'ok', run_seconds: null }]);
  });

  it('tries no model out with more than a machine holds', async () => {
    // 65536 x 65536 x 65536 numbers, which no memory holds.
    const vast = repository({ 'vast.onnx': tinyGraph('Identity', [8, 128, 128, 4], 3) });
    const { code, stdout } = await check([vast, '--json']);
    expect(code).toBe(0);
    expect(readRows(stdout)).toMatchObject([{ model: 'vast', run_seconds: null }]);
  });

  it('names graphs that lie where no model is looked for', async () => {
    const graph = shippedGraph('digits');
    const directory = repository({
      'good/1/model.onnx': graph,
      'good/1/model_int8.onnx': graph,
      'good/v2/model.onnx': graph,
      'with space.onnx': graph,
      'Big.ONNX': graph,
    });
    const { code, stdout } = await check([directory]);
    expect(code).toBe(0);
    expect(stdout.trimEnd().split('\n').slice(-5)).toEqual([
      'passed over, since they lie where no model is looked for (docs/models.md):',
      '  Big.ONNX',
      '  good/1/model_int8.onnx',
      '  good/v2/model.onnx',
      '  with space.onnx',
    ]);
  });

  it('shows a version that the card leaves out, and does not count it', async () => {
    const graph = shippedGraph('digits');
    const card = shippedCard('digits', { serve: { latest: 1 } });
    const directory = repository({
      'digits/model.json': JSON.stringify(card),
      'digits/1/model.onnx': graph.slice(0, 500),
      'digits/2/model.onnx': graph,
    });
    const { code, stdout } = await check([directory]);
    expect(code).toBe(0);
    const rows = readTable(stdout).slice(1);
    expect(rows.map((row) => [row[1]?.join(), row.at(-1)?.join(' ')])).toEqual([
      ['2', 'ok'],
      ['1', 'not served: the card does not ask for it to be served'],
    ]);
    expect(stdout).toMatch(/\n1 version of 1 model: all can be served\n$/);
  });

  it('takes the settings that the server takes, and the directory before its setting', async () => {
    const directory = repository({ 'digits/1/model.onnx': shippedGraph('digits') });
    const ofSetting = await check(['--json'], { MODEL_REPOSITORY: directory });
    expect(readRows(ofSetting.stdout).map(({ model }) => model)).toEqual(['digits']);
    const given = await check(['model', '--json'], {
      MODEL_REPOSITORY: directory,
      MAX_LOADED_BYTES: '21026',
    });
    expect(readRows(given.stdout).map(({ model, fault }) => [model, fault])).toEqual([
      ['breast-cancer', null],
      ['diabetes', null],
      ['digits', 'no_room'],
    ]);
    const onDemand = await check(['--json'], { MAX_LOADED_BYTES: '21026', LOAD_ON_DEMAND: 'true' });
    expect(readRows(onDemand.stdout).map(({ verdict }) => verdict)).toEqual(['ok', 'ok', 'ok']);
  });

  it('says in one line what is wrong before any model is loaded', async () => {
    const empty = repository({ README: 'no models' });
    expect(await check([empty])).toEqual({
      code: 1,
      stdout: '',
      stderr: `no models in ${empty}: put one at <name>/1/model.onnx, or set MODEL_REPOSITORY to a directory that has some\n`,
    });
    expect(await check([], { ENGINE: 'fast' })).toEqual({
      code: 1,
      stdout: '',
      stderr: 'wrong settings:\n  ENGINE: expected wasm or native\n',
    });
  });
});
