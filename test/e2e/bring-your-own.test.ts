import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { post } from '../helpers/golden.ts';
import { type NodeTarget, startNode } from '../helpers/targets.ts';
import { readMarkedBlocks, readMessages } from './bring-your-own/document.ts';
import {
  INSTALL_MS,
  installPackagesOfExamples,
  installTorch,
  REQUIREMENTS,
  runPython,
} from './bring-your-own/environment.ts';
import { run } from './bring-your-own/run.ts';

const DOCUMENT = 'docs/bring-your-own-model.md';
/** Writes models with mistakes. */
const BROKEN = 'test/e2e/bring-your-own/broken.py';

const blocks = readMarkedBlocks(DOCUMENT);

/** The examples in Python, by the models that they make. */
const examples = blocks
  .filter(({ language }) => language === 'python')
  .map(({ mark, text }) => {
    const [, environment = ''] = /^run: python in (\w+)$/.exec(mark) ?? [];
    const [, name = ''] = /Path\("model\/([\w-]+)"\)/.exec(text) ?? [];
    return { name, environment, code: text };
  });

const commands = blocks.filter(({ mark }) => mark === 'run by: test/e2e/bring-your-own.test.ts');
const questions = commands
  .filter(({ text }) => text.startsWith('curl '))
  .map(({ text, answer }) => ({ text, answer, model: /models\/([\w-]+)/.exec(text)?.[1] ?? '' }));
/** Makes the environment of Debian's torch. */
const torch = commands.find(({ text }) => text.includes('.venv-torch'))?.text ?? '';
const others = commands
  .map(({ text }) => text.trim())
  .filter((text) => !text.startsWith('curl ') && text !== torch.trim());

/** The same with every number in it as near as that: so many digits of one up to 1, two less of a larger one. */
function near(value: unknown, digits: number): unknown {
  if (typeof value === 'number') return expect.closeTo(value, value <= 1 ? digits : digits - 2);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, near(each, digits)]));
}

const card = z.looseObject({
  features: z.array(z.object({ name: z.string() })).optional(),
  examples: z.array(z.unknown()),
  reference: z
    .object({
      rows: z.number(),
      features: z.record(z.string(), z.unknown()),
      classes: z.record(z.string(), z.number()),
    })
    .optional(),
});

const checked = z.object({
  passed_over: z.array(z.string()),
  versions: z.array(z.object({ model: z.string(), reason: z.string().nullable() })),
});

describe('docs/bring-your-own-model.md', () => {
  /** A folder that looks like Kilat's own, with nothing in model/ but what the examples put there. */
  const folder = mkdtempSync(join(tmpdir(), 'kilat-bring-your-own-'));
  const readCard = (name: string) =>
    card.parse(JSON.parse(readFileSync(join(folder, 'model', name, 'model.json'), 'utf8')));
  /** What the frameworks predict for the first examples of the cards. */
  const predicted = new Map<string, unknown>();
  let withoutTorch: string | undefined;
  let server: NodeTarget | undefined;

  beforeAll(async () => {
    await installPackagesOfExamples();
    withoutTorch = await installTorch(torch);
    cpSync('package.json', join(folder, 'package.json'));
    cpSync('src', join(folder, 'src'), { recursive: true });
    symlinkSync(resolve('node_modules'), join(folder, 'node_modules'));
    for (const { name, environment, code } of examples) {
      if (environment === 'torch' && withoutTorch !== undefined) continue;
      const printed = await runPython(environment, code, [], folder);
      predicted.set(name, JSON.parse(printed.trim().split('\n').at(-1) ?? ''));
    }
    server = await startNode({ MODEL_REPOSITORY: join(folder, 'model') });
  }, INSTALL_MS);

  afterAll(async () => {
    await server?.stop();
    rmSync(folder, { recursive: true });
  });

  /** Asks the server; the folder of Kilat is where it was started from. */
  const ask = async (model: string, body: unknown) => {
    const response = await server?.fetch(`/models/${model}/predict`, post(body));
    return z.object({ predictions: z.array(z.unknown()) }).parse(await response?.json());
  };

  it('has an example of every framework, and a command for every step', () => {
    expect(examples.map(({ name }) => name)).toEqual([
      ...['wine', 'progression', 'patients'],
      ...['digits-torch', 'tumour-xgboost', 'iris-lightgbm'],
    ]);
    expect(others).toEqual([
      'npm run models:check',
      'npm run models:profile -- --model wine --data wine.csv',
      'npm run models:bundle',
    ]);
    expect(questions.map(({ model }) => model)).toEqual(['wine', 'patients']);
    expect(torch).not.toBe('');
  });

  it('shows the packages as they are', () => {
    const shown = blocks.find(({ mark }) => mark === `shown: ${REQUIREMENTS}`);
    expect(shown?.text).toBe(readFileSync(REQUIREMENTS, 'utf8'));
  });

  it.for(examples)(
    'answers for $name what its framework predicts',
    async ({ name, environment }, { skip }) => {
      skip(environment === 'torch' && withoutTorch !== undefined, `no torch: ${withoutTorch}`);
      const [example] = readCard(name).examples;
      const { predictions } = await ask(name, { instances: [example] });
      expect(predictions).toEqual([near(predicted.get(name), 5)]);
    },
  );

  it.for(examples)(
    'has rows in the card of $name as a person would write them',
    ({ name, environment }, { skip }) => {
      skip(environment === 'torch' && withoutTorch !== undefined, `no torch: ${withoutTorch}`);
      // A float32 in the clothes of a float64 has 16 digits or so.
      expect(JSON.stringify(readCard(name).examples)).not.toMatch(/\d\.\d{8}/);
    },
  );

  it.for(examples)(
    'answers for $name several rows at once as it does one',
    async ({ name, environment }, { skip }) => {
      skip(environment === 'torch' && withoutTorch !== undefined, `no torch: ${withoutTorch}`);
      const { examples: instances } = readCard(name);
      const single = await Promise.all(instances.map((row) => ask(name, { instances: [row] })));
      const { predictions } = await ask(name, { instances });
      expect(predictions).toEqual(single.map(({ predictions: [one] }) => near(one, 6)));
      expect(new Set(instances.map((row) => JSON.stringify(row))).size).toBe(3);
    },
  );

  it.each(questions)('shows what is answered: $model', async ({ text, answer = '' }) => {
    const asked = text.replace('localhost:8000', new URL(server?.url ?? '').host);
    const { predictions, ...rest } = JSON.parse(await run('bash', ['-c', asked], { cwd: folder }));
    const shown = JSON.parse(answer);
    expect(rest).toEqual({ ...shown, predictions: undefined, time_ms: expect.any(Number) });
    // Whoever trains on another machine has other last digits.
    expect(predictions).toEqual(shown.predictions.map((each: unknown) => near(each, 3)));
  });

  it('shows commands that do what it says', async () => {
    const [check = '', profile = '', bundle = ''] = others;
    const shell = (command: string) => run('bash', ['-c', command], { cwd: folder });
    expect(await shell(profile)).toContain('the statistics of 13 features in 178 rows are in');
    const { features, reference } = readCard('wine');
    expect(Object.keys(reference?.features ?? {})).toEqual(features?.map(({ name }) => name));
    expect(reference).toMatchObject({
      rows: 178,
      classes: { barolo: expect.closeTo(59 / 178, 1), grignolino: expect.closeTo(71 / 178, 1) },
    });

    const all = predicted.size;
    expect(await shell(check)).toContain(`${all} versions of ${all} models: all can be served`);

    await shell(bundle);
    const imports = readFileSync(join(folder, 'src/stores/bundle.ts'), 'utf8');
    const graphs = imports.matchAll(/from '\.\.\/\.\.\/model\/(.+)\/1\/model\.onnx';/g);
    expect([...graphs].map(([, name]) => name)).toEqual([...predicted.keys()].sort());
  });

  it('has every message in its table that a mistake of the table gives', async () => {
    const broken = join(folder, 'broken');
    await runPython('venv', readFileSync(BROKEN, 'utf8'), [resolve('test/models'), broken], '.');
    const check = ['src/cli/check.ts', '--json', broken];
    const { status, stdout } = spawnSync(process.execPath, check, { encoding: 'utf8' });
    const { passed_over, versions } = checked.parse(JSON.parse(stdout));
    expect(status).toBe(1);
    expect(passed_over).toEqual(['export/onnx/model.onnx']);
    const messages = readMessages(DOCUMENT, 'models:check says');
    const found = versions.map(({ model, reason }) => ({
      model,
      said: reason,
      listed: messages.filter(({ pattern }) => pattern.test(reason ?? '')).length,
    }));
    expect(found.filter(({ listed }) => listed !== 1)).toEqual([]);
    expect(versions).toHaveLength(messages.length);
  });
});
