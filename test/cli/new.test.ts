import { execFile } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { post } from '../helpers/golden.ts';
import { shippedGraph } from '../helpers/store.ts';
import { startNode } from '../helpers/targets.ts';
import { tinyGraph } from '../helpers/tiny-graph.ts';

/** A command that has not ended by then is killed, and its exit code is not a number. */
const LONGEST_RUN_MS = 25_000;
/** Several commands, each of which waits for its files to settle. */
const LONGEST_TEST_MS = 120_000;

const COMMAND = resolve('src/cli/new.ts');

describe('npm run models:new', { timeout: LONGEST_TEST_MS }, () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'kilat-new-'));
  });
  afterEach(() => rmSync(root, { recursive: true }));

  interface Place {
    readonly cwd?: string;
    readonly repository?: string;
  }

  /** Starts the command as npm does, in a directory, with the repository in `models`. */
  function start(args: readonly string[], { cwd = '.', repository = models() }: Place = {}) {
    const env = { ...process.env, MODEL_REPOSITORY: repository };
    const { promise, resolve: done } = Promise.withResolvers<{
      code: unknown;
      stdout: string;
      stderr: string;
    }>();
    const child = execFile(
      process.execPath,
      [COMMAND, ...args],
      { timeout: LONGEST_RUN_MS, env, cwd },
      (error, stdout, stderr) => {
        const short = (text: string) => text.replaceAll(root, 'root');
        done({ code: error ? error.code : 0, stdout: short(stdout), stderr: short(stderr) });
      },
    );
    return { child, ended: promise };
  }

  const run = (args: readonly string[], place?: Place) => start(args, place).ended;

  const models = () => join(root, 'models');
  const add = (name: string, ...options: string[]) =>
    run([name, `test/models/${name}.onnx`, ...options]);
  const card = (name: string) =>
    JSON.parse(readFileSync(join(models(), name, 'model.json'), 'utf8'));
  /** Every file of the repository, hidden ones as well; nothing where there is no repository. */
  const files = () =>
    existsSync(models())
      ? readdirSync(models(), { recursive: true, withFileTypes: true })
          .filter((entry) => entry.isFile())
          .map(({ parentPath, name }) => join(parentPath, name).slice(models().length + 1))
          .sort()
      : [];
  it('puts models of every kind where a server answers for each of them', async () => {
    const accepted = ['from-one', 'lookup', 'cnn', 'image', 'text', 'two-inputs', 'external'];
    const added = [
      ...accepted.map((name) => add(name)),
      run(['shipped', 'model/diabetes/1/model.onnx']),
    ];
    const refused = [add('zipmap'), add('unknown-operator')];
    for (const outcome of await Promise.all(added)) {
      expect(outcome).toMatchObject({ code: 0, stderr: '' });
    }
    for (const outcome of await Promise.all(refused)) {
      expect(outcome).toMatchObject({ code: 1, stdout: '' });
    }
    expect(files()).toEqual(
      [
        ...[...accepted, 'shipped'].map((name) => `${name}/1/model.onnx`),
        'external/1/external.onnx.data',
        ...['from-one', 'lookup', 'cnn', 'shipped'].map((name) => `${name}/model.json`),
      ].sort(),
    );

    const server = await startNode({ MODEL_REPOSITORY: models() });
    try {
      expect((await server.fetch('/readyz')).status).toBe(200);
      const predict = async (name: string, row: unknown) => {
        const path = `/models/${name}/predict`;
        const answer = await server.fetch(path, post({ instances: [row] }));
        return { status: answer.status, ...(await answer.json()).predictions?.[0] };
      };
      const ones = (...shape: number[]): unknown => {
        const [length, ...rest] = shape;
        return length === undefined ? 1 : Array.from({ length }, () => ones(...rest));
      };
      expect(await predict('from-one', [5.1, 3.5, 1.4, 0.2])).toEqual({
        status: 200,
        label: 'class 0',
        probabilities: {
          'class 0': expect.any(Number),
          'class 1': expect.any(Number),
          'class 2': expect.any(Number),
        },
      });
      expect(await predict('lookup', [3])).toEqual({ status: 200, value: 30 });
      expect(await predict('shipped', ones(10))).toEqual({
        status: 200,
        value: expect.any(Number),
      });
      expect(await predict('cnn', ones(1, 28, 28))).toMatchObject({
        status: 200,
        label: expect.stringMatching(/^class \d$/),
      });
      expect(await predict('image', ones(3, 4, 4))).toMatchObject({ status: 200 });
      expect(await predict('text', 'a')).toEqual({ status: 200, y: 'a' });
      expect(await predict('two-inputs', { age: [4], city: ['Bonn'] })).toEqual({
        status: 200,
        older: [5],
        home: ['Bonn'],
      });
      expect(await predict('external', ones(4))).toEqual({ status: 200, y: [24, 28, 32, 36] });
    } finally {
      await server.stop();
    }
  });

  it('writes a card in which a person has only to put names', async () => {
    const { stdout } = await add('from-one');
    expect(card('from-one')).toEqual({
      name: 'from-one',
      task: 'classification',
      features: [1, 2, 3, 4].map((number) => ({ name: `feature ${number}` })),
      labels: ['class 0', 'class 1', 'class 2'],
      outputs: { label: 'label', probabilities: 'probabilities' },
      examples: [[0, 0, 0, 0]],
    });
    expect(stdout).toMatch(
      /^ {2}edit root\/models\/from-one\/model\.json +name 4 features and 3 labels\n {30,}and put real rows into its "examples": the one there is made up$/m,
    );
    // Without what is said beside a command, of which the column depends on how long the longest is.
    expect(
      stdout.replaceAll(/^( {2}(?:edit|MODEL).*?) {2,}.*$/gm, '$1').replace(/^ {30,}.*\n/m, ''),
    ).toBe(
      [
        'from-one v1 loads and runs',
        '  input   X FP32 [-1, 4]',
        '  output  label INT64 [-1]',
        '  output  probabilities FP32 [-1, 3]',
        'what there is now',
        '  root/models/from-one/1/model.onnx  518 B',
        '  root/models/from-one/model.json    classification by label and probabilities, to fill in',
        'next',
        '  edit root/models/from-one/model.json',
        '  MODEL_REPOSITORY=root/models npm run models:check',
        '  MODEL_REPOSITORY=root/models npm start',
        '  MODEL_REPOSITORY=root/models npm run models:profile -- --model from-one --data data.csv',
        'and ask it',
        '  curl -s http://localhost:8000/models/from-one/predict \\',
        "    -H 'content-type: application/json' \\",
        `    -d '{"instances":[[0,0,0,0]]}'`,
        '',
      ].join('\n'),
    );
  });

  it('takes labels and the task from the command line', async () => {
    expect(await add('from-one', '--labels', 'setosa, versicolor,virginica')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('name 4 features\n'),
    });
    expect(card('from-one').labels).toEqual(['setosa', 'versicolor', 'virginica']);
    await add('text', '--labels', 'ham,spam');
    expect(card('text')).toMatchObject({ labels: ['ham', 'spam'], outputs: { label: 'y' } });
    await add('two-inputs', '--task', 'regression');
    expect(card('two-inputs')).toEqual({
      name: 'two-inputs',
      task: 'regression',
      outputs: { value: 'older' },
      examples: [{ age: [0], city: [''] }],
    });
  });

  it('takes the names of features and a few examples from a file', async () => {
    const iris = join(root, 'iris.csv');
    const rows = Array.from(
      { length: 9 },
      (_, i) => `${i},5.1,3.5,,0.2,setosa\n${i},5.1,3.5,1.4,0.2,b`,
    );
    writeFileSync(iris, ['id,a,b,c,d,species', ...rows].join('\n'));
    const { code, stdout, stderr } = await add(
      'from-one',
      '--data',
      iris,
      '--ignore',
      'id,species',
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(card('from-one')).toMatchObject({
      features: [{ name: 'a' }, { name: 'b' }, { name: 'c' }, { name: 'd' }],
      examples: Array.from({ length: 5 }, () => [5.1, 3.5, 1.4, 0.2]),
    });
    expect(stdout).toMatch(/edit root\S+ +name 3 labels\n/);
    expect(stdout).not.toContain('made up');
    expect(stdout).toContain(`'{"instances":[[5.1,3.5,1.4,0.2]]}'`);
    const several = join(root, 'several.csv');
    writeFileSync(several, 'city,age\nBonn,7\n');
    await add('two-inputs', '--data', several, '--task', 'regression');
    expect(card('two-inputs')).toMatchObject({ outputs: { value: 'older' } });
    expect(card('two-inputs')).not.toHaveProperty('features');
  });

  it.each([
    ['an index', ',a,b,c,d\n0,1,2,3,4\n', '1 column'],
    ['commas at the ends', 'a,b,c,d,\n1,2,3,4,\n', '1 column'],
    ['both', ' ,a,b,c,d,\n0,1,2,3,4,\n', '2 columns'],
  ])('leaves out columns without a name, and says so: %s', async (_, text, columns) => {
    const data = join(root, 'data.csv');
    writeFileSync(data, text);
    const { code, stdout } = await add('from-one', '--data', data);
    expect(code).toBe(0);
    expect(card('from-one')).toMatchObject({
      features: [{ name: 'a' }, { name: 'b' }, { name: 'c' }, { name: 'd' }],
      examples: [[1, 2, 3, 4]],
    });
    expect(stdout).toContain(`\n  note: ${columns} of --data without a name left out\n`);
  });

  it.each([
    [
      'age,sex,bmi,bp,target\n1,f,3,4,5',
      [],
      /^the graph takes 4 features, root\/data\.csv has 5 columns: age, sex \(text\), bmi, bp, target; --ignore names those/,
    ],
    ['[{"a": 1, "b": "two, \\"3\\""}]', [], /^root\/data\.csv: expected CSV with a header/],
    [
      'id,a,b,c,d\n1,2,3,4,5',
      [],
      /^the graph takes 4 features, root\/data\.csv has 5 columns: id, a, b, c, d; --ignore names those that are no features\n$/,
    ],
    ['a,b,c\n1,2,3', [], /^the graph takes 4 features, root\/data\.csv has 3 columns: a, b, c\n$/],
    [
      '1,2,3,4\n1,2,3,4',
      [],
      /^root\/data\.csv: expected CSV with a header that names the features\n$/,
    ],
    ['[[1,2,3,4]]', [], /expected CSV with a header/],
    [
      'a,b,c,d\n1,2,3,4',
      ['--ignore', 'e'],
      /^root\/data\.csv has no column 'e'; its header names a, b, c, d\n$/,
    ],
  ])(
    'refuses data that does not fit, and puts nothing in place: %j',
    async (text, options, why) => {
      const data = join(root, 'data.csv');
      writeFileSync(data, text);
      expect(await add('from-one', '--data', data, ...options)).toEqual({
        code: 1,
        stdout: '',
        stderr: expect.stringMatching(why),
      });
      expect(files()).toEqual([]);
    },
  );

  it('leaves the examples out where it knows no row that the model takes', async () => {
    // It wants the sixth row, whatever comes.
    const sixth = join(root, 'sixth.onnx');
    writeFileSync(sixth, tinyGraph('Gather', [], 1, { second: 5 }));
    expect(await run(['sixth', sixth])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('curl -s http://localhost:8000/models/sixth\n'),
    });
    expect(card('sixth')).not.toHaveProperty('examples');
  });

  it('makes the next version of a model that is there, and leaves its card alone', async () => {
    cpSync('model/digits', join(models(), 'digits'), { recursive: true });
    const before = readFileSync('model/digits/model.json', 'utf8');
    const { code, stdout } = await run(['digits', 'model/digits/1/model.onnx']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^digits v2 loads and runs\n/);
    expect(stdout).toMatch(/digits\/model\.json +is left as it was\n/);
    expect(files()).toEqual(['digits/1/model.onnx', 'digits/2/model.onnx', 'digits/model.json']);
    expect(readFileSync(join(models(), 'digits/model.json'), 'utf8')).toBe(before);

    // A graph that the card does not fit, and one that is to have another card.
    const other = await run(['digits', 'test/models/from-one.onnx']);
    expect(other).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/bad_card.*64 features/),
    });
    const labelled = await run(['digits', 'test/models/from-one.onnx', '--labels', 'a,b,c']);
    expect(labelled.stderr).toMatch(/^model 'digits' is there: .* --force\n$/);
    expect(files()).toHaveLength(3);
  });

  it('writes the card of a model anew when it is told to, unless other versions would be lost with it', async () => {
    cpSync('model/digits', join(models(), 'digits'), { recursive: true });
    const before = readFileSync('model/digits/model.json', 'utf8');
    const anew = ['--labels', 'a,b,c,d,e,f,g,h,i,j', '--force'];
    const other = await run(['digits', 'test/models/from-one.onnx', '--force']);
    expect(other).toEqual({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(
        /^with the new card of digits these could not be served any longer:\n {2}v1: .+\n.*nothing has been put in place\n$/,
      ),
    });
    expect(files()).toEqual(['digits/1/model.onnx', 'digits/model.json']);
    expect(readFileSync(join(models(), 'digits/model.json'), 'utf8')).toBe(before);

    expect(await run(['digits', 'model/digits/1/model.onnx', ...anew])).toMatchObject({ code: 0 });
    expect(card('digits')).toMatchObject({ name: 'digits', labels: [...'abcdefghij'] });
    expect(files()).toContain('digits/2/model.onnx');
  });

  it('says so to all but one of those that make the same version at once', async () => {
    const outcomes = await Promise.all([add('lookup'), add('lookup'), add('lookup')]);
    const refused = outcomes.filter(({ code }) => code !== 0);
    expect(files()).toEqual(expect.arrayContaining(['lookup/1/model.onnx', 'lookup/model.json']));
    for (const { stderr } of refused) {
      expect(stderr).toMatch(/^somebody else has made lookup v\d meanwhile: run this again for/);
    }
    expect(files().filter((file) => file.startsWith('.new-'))).toEqual([]);
  });

  it('says so when the card of a model does not ask for the new version', async () => {
    mkdirSync(models());
    const served = { ...JSON.parse(readFileSync('model/digits/model.json', 'utf8')), serve: [1] };
    mkdirSync(join(models(), 'digits/1'), { recursive: true });
    writeFileSync(join(models(), 'digits/1/model.onnx'), shippedGraph('digits'));
    writeFileSync(join(models(), 'digits/model.json'), JSON.stringify(served));
    const { stdout } = await run(['digits', 'model/digits/1/model.onnx']);
    expect(stdout).toContain('note: "serve" in the card of digits does not ask for version 2\n');
  });

  it('leaves nothing behind of a graph that cannot be served, and says why', async () => {
    expect(await add('unknown-operator')).toEqual({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(
        /^unknown-operator v1 cannot be served \(bad_graph\): .*Transmogrify.*\nnothing has been put in place\n$/,
      ),
    });
    expect(await add('zipmap')).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/\(unsupported\): .*without ZipMap/),
    });
    cpSync('test/models/external.onnx', join(root, 'alone.onnx'));
    expect(await run(['alone', join(root, 'alone.onnx')])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("files that are not beside it: 'external.onnx.data'\n"),
    });
    expect(existsSync(models())).toBe(false);
  });

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)('leaves nothing behind after %s', async (signal, code) => {
    mkdirSync(models());
    const { child, ended } = start(['lookup', 'test/models/lookup.onnx']);
    await vi.waitFor(() => expect(readdirSync(models())).toHaveLength(1), {
      timeout: LONGEST_RUN_MS,
      interval: 1,
    });
    child.kill(signal);
    expect(await ended).toEqual({ code, stdout: '', stderr: `stopped by ${signal}\n` });
    expect(readdirSync(models())).toEqual([]);
  });

  it('refuses a name that a server would not find, by the rule', async () => {
    const names = ['../up', '.hidden', 'a b', 'ä', ''];
    const outcomes = await Promise.all(names.map((name) => run([name, 'test/models/lookup.onnx'])));
    const rule = 'expected letters, digits and . _ -, the first one a letter or digit';
    expect(outcomes).toEqual(
      names.map((name) => ({
        code: 1,
        stdout: '',
        stderr: `'${name}' is no name of a model: ${rule}\n`,
      })),
    );
    expect(files()).toEqual([]);
  });

  it.each([
    [['from-one', '--labels', 'a,b'], /^--labels names 2 classes, the graph gives 3/],
    [['from-one', '--labels', 'a,,b'], /expected labels with commas between/],
    [['from-one', '--ignore', 'a'], /^--ignore names columns of --data\n$/],
    [['from-one', '--labels', 'a,a,b'], /expected every label once/],
    [
      ['from-one', '--task', 'regression'],
      /^--task regression: the graph has no output of one number/,
    ],
    [['image', '--task', 'classification'], /^--task classification: the graph has neither/],
    [['image', '--task', 'ranking'], /Allowed choices are classification, regression/],
  ] as const)(
    'refuses what contradicts the graph, or itself: %o',
    async ([name, ...options], why) => {
      expect(await add(name, ...options)).toMatchObject({
        code: 1,
        stderr: expect.stringMatching(why),
      });
      expect(files()).toEqual([]);
    },
  );

  it('says what is no directory', async () => {
    const into = async (repository: string) =>
      (await run(['lookup', 'test/models/lookup.onnx', '--repository', repository])).stderr;
    expect(await into('')).toBe(
      "error: option '--repository <directory>' argument '' is invalid. expected a path, got nothing\n",
    );
    expect(await into('package.json')).toBe('package.json is no directory\n');
    if (process.platform !== 'linux') return;
    expect(await into('/proc/x')).toBe('cannot make /proc/x: ENOENT\n');
  });

  it('says what is in the way', async () => {
    mkdirSync(models());
    cpSync('test/models/lookup.onnx', join(models(), 'lookup.onnx'));
    expect((await add('lookup')).stderr).toBe(
      'root/models/lookup.onnx is a model of that name: move it to root/models/lookup/1/model.onnx first\n',
    );
    expect((await run(['new', 'nowhere.onnx'])).stderr).toBe('cannot read nowhere.onnx: ENOENT\n');
    expect(files()).toEqual(['lookup.onnx']);
  });

  it('has the Worker carry what is in ./model, and nothing else', async () => {
    mkdirSync(join(root, 'src/stores'), { recursive: true });
    const bundle = join(root, 'src/stores/bundle.ts');
    writeFileSync(bundle, '');
    const lookup = resolve('test/models/lookup.onnx');
    const elsewhere = await run(['lookup', lookup], { cwd: root });
    expect(elsewhere.stdout).not.toContain('bundle.ts');
    expect(readFileSync(bundle, 'utf8')).toBe('');

    const here = await run(['lookup', lookup], { cwd: root, repository: '' });
    expect(here.stdout).toMatch(/src\/stores\/bundle\.ts +imports it for the Worker\n/);
    expect(here.stdout).toContain('\n  npm run models:check ');
    const text = readFileSync(bundle, 'utf8');
    expect(text).toContain("from '../../model/lookup/1/model.onnx';");
    expect(text).toContain("from '../../model/lookup/model.json' with { type: 'json' };");
  });
});
