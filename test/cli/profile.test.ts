import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { DiskStore } from '../../src/stores/disk.ts';
import { createTestApp } from '../helpers/app.ts';
import { post, readCard, readGolden } from '../helpers/golden.ts';
import { shippedCard, shippedGraph } from '../helpers/store.ts';
import { tinyGraph } from '../helpers/tiny-graph.ts';

/** A command that has not ended by then is killed, and its exit code is not a number. */
const LONGEST_RUN_MS = 25_000;

/** The types of a TensorProto. */
const [FP32, INT64, BOOL, FP16, FP64] = [1, 7, 9, 10, 11];

type Files = Readonly<Record<string, Uint8Array | string>>;

describe('npm run models:profile', () => {
  const made: string[] = [];
  afterEach(() => {
    for (const root of made.splice(0)) rmSync(root, { recursive: true });
  });

  /** A directory with files of those contents. */
  function directory(files: Files): string {
    const root = mkdtempSync(join(tmpdir(), 'kilat-profile-'));
    made.push(root);
    for (const [path, content] of Object.entries(files)) {
      mkdirSync(join(root, dirname(path)), { recursive: true });
      writeFileSync(join(root, path), content);
    }
    return root;
  }

  /** Runs the command as npm does, on data of that name and text. */
  async function profile(root: string, data: Files, args: readonly string[]) {
    const [name = 'absent.csv'] = Object.keys(data);
    const file = join(directory(data), name);
    const all = ['src/cli/profile.ts', '--repository', root, '--data', file, ...args];
    const options = { timeout: LONGEST_RUN_MS };
    return new Promise<{ code: unknown; stdout: string; stderr: string }>((resolve) => {
      execFile(process.execPath, all, options, (error, stdout, stderr) => {
        const short = (text: string) => text.replaceAll(file, name).replaceAll(root, 'models');
        resolve({ code: error ? error.code : 0, stdout: short(stdout), stderr: short(stderr) });
      });
    });
  }

  const reference = (root: string, card = 'm/model.json') =>
    JSON.parse(readFileSync(join(root, card), 'utf8')).reference;

  const regression = { task: 'regression', features: [{ name: 'x' }], outputs: { value: 'y' } };
  /** A model that gives back what it is given: so many values a row, as many rows as there are. */
  const identity = (type: number = FP32, card: object = regression, dimension: number[] = []) =>
    directory({
      'm/1/model.onnx': tinyGraph('Identity', dimension, 2, { type }),
      'm/model.json': JSON.stringify({ name: 'm', ...card }),
    });

  it('finds what train.py has found, and leaves the rest of the card as it is', async () => {
    const root = directory({});
    cpSync('model/diabetes', join(root, 'diabetes'), { recursive: true });
    const { rows, value = [] } = readGolden('diabetes');
    const names = readCard('diabetes').features.map(({ name }) => name);
    // Columns in another order, and with one that is none of the model's.
    const order = names.map((_, i) => names.length - 1 - i);
    const lines = [
      ['id', ...order.map((i) => names[i])],
      ...rows.map((row, id) => [id, ...order.map((i) => row[i])]),
    ];
    const data = { 'train.csv': lines.map((line) => line.join(',')).join('\r\n') };
    const { code, stdout, stderr } = await profile(root, data, ['--model', 'diabetes']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toBe(
      "note: 'id' of train.csv are no features, and are passed over\n" +
        'diabetes v1: the statistics of 10 features in 111 rows are in models/diabetes/model.json\n',
    );

    const found = reference(root, 'diabetes/model.json');
    expect(found.rows).toBe(111);
    expect(Object.keys(found.features)).toEqual(names);
    const shares = [40, 34, 4, 19, 9, 5].map((count) => count / 111);
    expect(found.features.s4).toEqual({ edges: [3, 4, 4.55, 5, 6], shares, missing: 0 });
    expect(found.features.sex).toEqual({ edges: [1], shares: [61 / 111, 50 / 111], missing: 0 });
    expect(found.predictions.edges).toHaveLength(9);
    for (const [i, edge] of found.predictions.edges.entries()) {
      // The tenth part of 111 rows, the next two and so on, of what scikit-learn predicted.
      const place = Math.ceil((111 * (i + 1)) / 10) - 1;
      expect(edge).toBeCloseTo(value.toSorted((a, b) => a - b)[place] ?? Number.NaN, 4);
    }
    const [former, now] = ['model', root].map((path) =>
      readFileSync(join(path, 'diabetes/model.json'), 'utf8').split('  "reference": '),
    );
    expect(now?.[0]).toBe(former?.[0]);
    expect(now?.[1]).toContain('\n      "sex": {"edges": [1], "shares": [0.54');
    expect(now?.[1]?.endsWith('}\n  }\n}\n')).toBe(true);
  });

  it('and the server agree on where every value is', async () => {
    const root = directory({});
    cpSync('model/breast-cancer', join(root, 'breast-cancer'), { recursive: true });
    const { rows } = readGolden('breast-cancer');
    const data = { 'train.json': JSON.stringify(rows) };
    await profile(root, data, ['--model', 'breast-cancer', '--bins', '7']);
    const { app, catalog } = await createTestApp({}, { store: new DiskStore(root) });
    await app.request('/predict', post({ instances: rows }));
    const shares = catalog.predictionFeatureReference.snapshot().series;
    expect(shares.length).toBeGreaterThan(30 * 7);
    expect(catalog.predictionFeatureBin.snapshot().series).toEqual(
      shares.map(({ labels, value }) => ({ labels, value: Math.round(value * rows.length) })),
    );
  });

  it('takes the edges in the precision of the model, and counts what it predicts', async () => {
    const { rows, label = [] } = readGolden('breast-cancer');
    const root = directory({
      'breast-cancer/1/model.onnx': shippedGraph('breast-cancer'),
      'breast-cancer/model.json': JSON.stringify(
        shippedCard('breast-cancer', { reference: undefined }),
      ),
    });
    const data = { 'train.jsonl': rows.map((row) => JSON.stringify(row)).join('\n') };
    const { code, stderr } = await profile(root, data, ['--model', 'breast-cancer']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const found = reference(root, 'breast-cancer/model.json');
    const edges = [10.17, 11.43, 12.05, 12.87, 13.54, 14.22, 15.04, 17.01, 18.82];
    expect(found.features['mean radius'].edges).toEqual(edges.map(Math.fround));
    const shares = [15, 15, 13, 15, 14, 14, 15, 14, 14, 14].map((count) => count / 143);
    expect(found.features['mean radius'].shares).toEqual(shares);
    const benign = label.filter((each) => each === 'benign').length / 143;
    expect(found.classes).toEqual({ malignant: expect.closeTo(1 - benign, 12), benign });
    expect(found.predictions).toBeUndefined();
    // A card on one line stays readable where it has grown.
    const text = readFileSync(join(root, 'breast-cancer/model.json'), 'utf8');
    expect(text).toMatch(/^\{"name":"breast-cancer",.*, "reference": \{\n {2}"rows": 143,\n/);
  });

  it('knows what is missing, and asks the model for those rows as well where it can say so', async () => {
    const root = identity();
    const data = { 'train.csv': 'x\n1\nNaN\n2\n na \n3\n""\n4\ntrue\n' };
    const { stdout } = await profile(root, data, ['--model', 'm', '--bins', '2']);
    expect(stdout).not.toContain('note');
    const bins = { edges: [2], shares: [0.375, 0.25], missing: 0.375 };
    expect(reference(root)).toEqual({ rows: 8, features: { x: bins }, predictions: bins });

    const whole = identity(INT64);
    const json = { 'train.json': '[[1], [null], {"x": 3, "y": 0}, {"x": "NA"}]' };
    const of = await profile(whole, json, ['--model', 'm', '--bins', '2']);
    expect(of.stdout).toContain(
      'note: the model does not take 2 rows with missing values, so its predictions are of the others alone\n',
    );
    expect(of.stdout).toContain("note: 'y' of train.json are no features");
    expect(reference(whole)).toEqual({
      rows: 4,
      features: { x: { edges: [1], shares: [0.25, 0.25], missing: 0.5 } },
      predictions: { edges: [1], shares: [0.5, 0.5], missing: 0 },
    });
  });

  it.each([
    ['FP16', FP16, '0.1\n0.2', [0.0999755859375]],
    ['FP64', FP64, '0.1\n0.2', [0.1]],
    ['BOOL', BOOL, 'True\nfalse\n1', [0]],
    ['INT64', INT64, '-5\n9007199254740991', [-5]],
  ])('profiles what is held in %s', async (_, type, rows, edges) => {
    const root = identity(type);
    const { code, stderr } = await profile(root, { 'd.csv': `x\n${rows}` }, ['--model', 'm']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(reference(root).features.x.edges).toEqual(edges);
  });

  it('asks a model for as many rows as it takes, and for one where rows see each other', async () => {
    // Two rows of two probabilities, no more and no fewer.
    const fixed = identity(
      FP32,
      {
        task: 'classification',
        features: [{ name: 'a' }, { name: 'b' }],
        labels: ['first', 'second'],
        outputs: { probabilities: 'y' },
      },
      [8, 2],
    );
    const data = { 'd.json': '[[1, 0], [0, 1], [0, 1]]' };
    expect(await profile(fixed, data, ['--model', 'm'])).toMatchObject({ code: 0, stderr: '' });
    expect(reference(fixed).classes).toEqual({ first: 1 / 3, second: 2 / 3 });

    // It takes the mean of all rows from each.
    const centred = directory({
      'm/1/model.onnx': readFileSync('test/models/centred.onnx'),
      'm/model.json': JSON.stringify({ name: 'm', ...regression }),
    });
    await profile(centred, { 'd.csv': 'x\n1\n2\n9\n' }, ['--model', 'm']);
    expect(reference(centred).predictions).toEqual({ edges: [0], shares: [1, 0], missing: 0 });
  });

  it('writes to the card that has the statistics of the version', async () => {
    const bins = { edges: [7], shares: [0.5, 0.5] };
    const own = JSON.stringify({ reference: { features: { gone: bins } }, description: 'two' });
    const root = directory({
      'm/1/model.onnx': tinyGraph('Identity', [], 2),
      'm/2/model.onnx': tinyGraph('Identity', [], 2),
      'm/2/model.json': own,
      'm/model.json': JSON.stringify({ name: 'm', ...regression }),
    });
    const data = { 'd.csv': 'x\n1\n2\n' };
    expect((await profile(root, data, ['--model', 'm'])).stdout).toContain('m v2: ');
    expect(reference(root)).toBeUndefined();
    expect(reference(root, 'm/2/model.json').features.x.edges).toEqual([1]);
    const { stdout } = await profile(root, data, ['--model', 'm', '--version', '1']);
    expect(stdout).toContain(
      'm v1: the statistics of 1 feature in 2 rows are in models/m/model.json',
    );
    expect(reference(root).features.x.edges).toEqual([1]);

    writeFileSync(join(root, 'm/2/SHA256SUMS'), `${'0'.repeat(64)}  model.json\n`);
    const refused = await profile(root, data, ['--model', 'm']);
    expect(refused).toMatchObject({
      code: 1,
      stderr:
        'models/m/2/model.json is in SHA256SUMS: take it out of there, since it is about to change\n',
    });
  });

  it('leaves out what it cannot count by, and says so', async () => {
    const card = { ...regression, features: [{ name: 'a' }, { name: 'b' }] };
    const root = identity(FP32, card);
    const { stdout } = await profile(root, { 'd.csv': 'a,b\n1,\n2,NA\n' }, ['--model', 'm']);
    expect(stdout).toContain("note: no row has a value of 'b', so it gets no statistics\n");
    expect(stdout).toContain(
      'note: the model gives no number for each row, so its predictions get no statistics\n',
    );
    const features = { a: { edges: [1], shares: [0.5, 0.5], missing: 0 } };
    expect(reference(root)).toEqual({ rows: 2, features });
  });

  describe('says in one line what is wrong, and leaves the card alone:', () => {
    const card = { name: 'm', ...regression };
    it.each<[string, Files, readonly string[], string]>([
      [
        'no model',
        { 'd.csv': 'x\n1' },
        ['--model', 'n'],
        "there is no model 'n' in models: it has bare, m, nameless, text",
      ],
      [
        'no version',
        { 'd.csv': 'x\n1' },
        ['--model', 'm', '--version', '3'],
        'm has no version 3, but 1',
      ],
      [
        'no card',
        { 'd.csv': 'x\n1' },
        ['--model', 'bare'],
        'bare has no card: write models/bare/model.json with name, task, outputs and the names of the features (docs/model-card.md)',
      ],
      [
        'no features',
        { 'd.csv': 'x\n1' },
        ['--model', 'nameless'],
        'the card of nameless names no features: add "features", the names of the values of a row in the model\'s order (docs/model-card.md), to models/nameless/model.json',
      ],
      [
        'text',
        { 'd.csv': 'x\n1' },
        ['--model', 'text'],
        "the model takes text ('x'), which has no bins",
      ],
      [
        'no number',
        { 'd.csv': 'x\n1\ntwo' },
        ['--model', 'm'],
        'd.csv, row 2, \'x\': expected a number, got "two"',
      ],
      [
        'too large',
        { 'd.csv': 'x\n1e39' },
        ['--model', 'm'],
        "row 1, 'x': expected a number that FP32 can hold, got 1e+39",
      ],
    ])('%s', async (_, data, args, message) => {
      const root = directory({
        'm/1/model.onnx': tinyGraph('Identity', [], 2),
        'm/model.json': JSON.stringify(card),
        'bare/1/model.onnx': tinyGraph('Identity', [], 2),
        'nameless/1/model.onnx': tinyGraph('Identity', [], 2),
        'nameless/model.json': JSON.stringify({ ...card, name: 'nameless', features: undefined }),
        'text/1/model.onnx': tinyGraph('Identity', [], 2, { type: 8 }),
        'text/model.json': JSON.stringify({ ...card, name: 'text' }),
      });
      expect(await profile(root, data, args)).toEqual({
        code: 1,
        stdout: '',
        stderr: `${message}\n`,
      });
      expect(readFileSync(join(root, 'm/model.json'), 'utf8')).toBe(JSON.stringify(card));
    });
  });
});
