import { execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createTestHarness } from 'wrangler';
import * as z from 'zod';
import { ALERTS } from '../../observability/source/alerts.ts';
import { firingExpr } from '../../observability/source/prometheus-files.ts';
import { WORKER_BUNDLE } from '../helpers/build-worker.ts';
import { binaryRequest } from '../helpers/open-inference.ts';
import { type NodeTarget, startNode } from '../helpers/targets.ts';
import type { Played } from './drift/isolates/worker.ts';
import { drawRows, type Features, readFeatures, seeded, shiftRows, toCsv } from './drift/rows.ts';
import { configureRules } from './generated-rules.ts';
import { Prometheus, type Values } from './prometheus.ts';

/** Where numpy lies; which one is in REQUIREMENTS. */
const VENV = resolve('dist/e2e-drift');
const PYTHON = join(VENV, 'bin/python');
const REQUIREMENTS = 'test/e2e/drift/requirements.txt';
const INSTALL_MS = 600_000;

/** Rows of the halves: one that the model's card is made of, and one that the model is asked for. */
const ROWS = 3000;
/** Rows of a request. */
const AT_ONCE = 250;
/** What one version is asked for otherwise than in training. */
const SHIFTED = 'mean radius';
/** How far Prometheus and numpy may be apart: they add up in another order. */
const PRECISION = 1e-6;

/** What is played, by name: a shipped graph, and a feature that is missing now and then. */
const MODELS = {
  cells: { graph: 'breast-cancer', versions: ['1', '2'], absent: 'mean texture' },
  progress: { graph: 'diabetes', versions: ['1'], absent: '' },
} as const;
type Name = keyof typeof MODELS;
const NAMES = Object.keys(MODELS) as Name[];

function installNumpy(): void {
  const installed = join(VENV, 'installed.txt');
  const wanted = readFileSync(REQUIREMENTS, 'utf8');
  if (existsSync(installed) && readFileSync(installed, 'utf8') === wanted) return;
  const options = { stdio: 'inherit', timeout: INSTALL_MS } as const;
  execFileSync('python3', ['-m', 'venv', '--clear', VENV], options);
  execFileSync(PYTHON, ['-m', 'pip', 'install', '--quiet', '-r', REQUIREMENTS], options);
  writeFileSync(installed, wanted);
}

/** Both halves of a data set that is as the model's own, from one seed. */
function drawHalves(name: Name, features: Features): { training: number[][]; rest: number[][] } {
  const { absent } = MODELS[name];
  const random = seeded(20261124 + NAMES.indexOf(name));
  const rows = drawRows(features, 2 * ROWS, random, { feature: absent, share: 0.02 });
  return { training: rows.slice(0, ROWS), rest: rows.slice(ROWS) };
}

/** A shipped graph under another name, whose card knows the first half of the data: as anybody makes one. */
function addModel(repository: string, name: Name, features: Features, rows: number[][]): string {
  const { graph, versions } = MODELS[name];
  const folder = join(repository, name);
  mkdirSync(folder);
  const {
    reference: _,
    sha256: __,
    ...card
  } = JSON.parse(readFileSync(`model/${graph}/model.json`, 'utf8'));
  const path = join(folder, 'model.json');
  writeFileSync(path, JSON.stringify({ ...card, name }, null, 2));
  for (const version of versions) {
    cpSync(`model/${graph}/1`, join(folder, version), { recursive: true });
    rmSync(join(folder, version, 'model.json'), { force: true });
  }
  const data = join(repository, '..', `${name}.csv`);
  writeFileSync(data, toCsv(features, rows));
  const where = ['--repository', repository, '--model', name, '--data', data];
  execFileSync(process.execPath, ['src/cli/profile.ts', ...where], { stdio: 'pipe' });
  return path;
}

const tensors = z.array(
  z.object({
    name: z.string(),
    datatype: z.enum(['FP32', 'FP64', 'INT64']),
    shape: z.array(z.number()),
  }),
);
const metadata = z.object({ inputs: tensors, outputs: tensors });
const answer = z.object({
  outputs: z.tuple([z.object({ data: z.array(z.number()) })]),
});

/** Asks for rows over the Open Inference Protocol, whose binary tensors can be without a number. */
async function predict(
  server: NodeTarget,
  path: string,
  { inputs: [input] }: z.infer<typeof metadata>,
  output: string,
  rows: readonly (readonly number[])[],
): Promise<number[]> {
  const values = rows.flat();
  const data = input?.datatype === 'FP64' ? Float64Array.from(values) : Float32Array.from(values);
  const shape = [rows.length, values.length / rows.length];
  const parameters = { binary_data_size: data.byteLength };
  const request = { inputs: [{ ...input, shape, parameters }], outputs: [{ name: output }] };
  const body = binaryRequest(request, [new Uint8Array(data.buffer)]);
  const response = await server.fetch(path, body);
  return answer.parse(await response.json()).outputs[0].data;
}

/** PSI by "model version feature" and "model version". */
const computed = z.object({
  features: z.record(z.string(), z.number()),
  predictions: z.record(z.string(), z.number()),
});

/** A series by the values of its labels. */
function byLabels(values: Values): Record<string, number> {
  return Object.fromEntries(
    [...values].map(([series, value]) => {
      const label = (name: string) => new RegExp(`\\b${name}="([^"]*)"`).exec(series)?.[1];
      const named = [label('model'), label('version'), label('feature')];
      return [named.filter((each) => each !== undefined).join(' '), value];
    }),
  );
}

function largestDifference(a: Record<string, number>, b: Record<string, number>): number {
  expect(Object.keys(a).sort()).toEqual(Object.keys(b).sort());
  return Math.max(...Object.entries(a).map(([key, value]) => Math.abs(value - (b[key] ?? NaN))));
}

/** Waits until Prometheus has every series that is counted, at zero: what came before the first sample, nobody sees. */
async function seesZeros(prometheus: Prometheus, series: number): Promise<void> {
  await vi.waitFor(
    async () => {
      const zeros = await prometheus.query('count(prediction_feature_bin_total == 0)');
      expect([...zeros.values()]).toEqual([series]);
    },
    { timeout: 30_000, interval: 250 },
  );
}

/** Waits until Prometheus has counted everything, and its rules have been evaluated since. */
async function hasCounted(prometheus: Prometheus, played: readonly Played[]): Promise<void> {
  const counted = (expr: string) => prometheus.query(expr).then(byLabels);
  const expected = Object.fromEntries(
    played.flatMap(({ name, versions }) =>
      Object.entries(versions).map(([version, { rows }]) => [`${name} ${version}`, rows.length]),
    ),
  );
  const since = Date.now() / 1000;
  await vi.waitFor(
    async () => {
      const first =
        'min by (model, version) (sum by (model, version, feature) (prediction_feature_bin_total))';
      expect(await counted(first)).toEqual(expected);
      const predictions =
        'sum by (model, version) ({__name__=~"prediction_class_total|prediction_output_bin_total"})';
      expect(await counted(predictions)).toEqual(expected);
      const [evaluated = 0] = (
        await prometheus.query('min(timestamp(model:prediction_drift_psi:24h))')
      ).values();
      expect(evaluated).toBeGreaterThan(since + 2);
    },
    { timeout: 60_000, interval: 500 },
  );
}

const alert = (name: string) => {
  const found = ALERTS.find((each) => each.name === name);
  if (!found) throw new Error(`there is no alert '${name}'`);
  return firingExpr(found);
};

beforeAll(installNumpy, INSTALL_MS);

describe('drift', () => {
  let server: NodeTarget;
  let prometheus: Prometheus;
  let played: Played[];
  let expected: z.infer<typeof computed>;
  let bins: number;

  const recorded = async (record: string, from = prometheus) => byLabels(await from.query(record));

  beforeAll(async () => {
    const repository = join(mkdtempSync(join(tmpdir(), 'kilat-drift-')), 'models');
    mkdirSync(repository);
    const features = Object.fromEntries(
      NAMES.map((name) => [name, readFeatures(`model/${MODELS[name].graph}/model.json`)]),
    );
    const halves = Object.fromEntries(
      NAMES.map((name) => [name, drawHalves(name, features[name] ?? [])]),
    );
    const cards = Object.fromEntries(
      NAMES.map((name) => {
        const training = halves[name]?.training ?? [];
        const path = addModel(repository, name, features[name] ?? [], training);
        return [name, JSON.parse(readFileSync(path, 'utf8'))];
      }),
    );
    server = await startNode({ MODEL_REPOSITORY: repository });
    prometheus = await Prometheus.startWith(configureRules([new URL(server.url).host]));
    bins = NAMES.reduce((sum, name) => {
      const own = Object.values<{ shares: number[] }>(cards[name].reference.features);
      const each = own.reduce((total, { shares }) => total + shares.length + 1, 0);
      return sum + each * MODELS[name].versions.length;
    }, 0);
    await seesZeros(prometheus, bins);

    played = [];
    for (const name of NAMES) {
      const given = metadata.parse(await (await server.fetch(`/v2/models/${name}`)).json());
      const rest = halves[name]?.rest ?? [];
      const output = cards[name].outputs.label ?? cards[name].outputs.value;
      const versions: Record<string, Played['versions'][string]> = {};
      for (const version of MODELS[name].versions) {
        const rows = version === '1' ? rest : shiftRows(rest, features[name] ?? [], SHIFTED, 0.2);
        const predictions: (string | number)[] = [];
        for (let start = 0; start < ROWS; start += AT_ONCE) {
          const path = `/v2/models/${name}/versions/${version}/infer`;
          const some = rows.slice(start, start + AT_ONCE);
          const values = await predict(server, path, given, output, some);
          // The graph gives the places of labels.
          const { labels } = cards[name];
          predictions.push(...values.map((value) => labels?.[value] ?? value));
        }
        versions[version] = { rows, predictions };
      }
      const outputs = given.outputs.filter((each) => each.name === output);
      played.push({ name, card: cards[name], inputs: given.inputs, outputs, versions });
    }
    const input = JSON.stringify(played);
    const options = { input, encoding: 'utf8', maxBuffer: 2 ** 26 } as const;
    expected = computed.parse(JSON.parse(execFileSync(PYTHON, ['test/e2e/drift/psi.py'], options)));
    await hasCounted(prometheus, played);
  });
  afterAll(async () => {
    await server?.stop();
    await prometheus?.stop();
  });

  it('is small where rows are as those of training, and nobody hears of it', async () => {
    const indices = await recorded('feature:prediction_drift_psi:1h{version="1"}');
    expect(Object.keys(indices)).toHaveLength(30 + 10);
    expect(Math.max(...Object.values(indices))).toBeLessThan(0.1);
    expect(Math.min(...Object.values(indices))).toBeGreaterThan(0);
    const rows = await recorded('feature:prediction_drift_rows:24h{version="1"}');
    expect(Math.min(...Object.values(rows))).toBeGreaterThanOrEqual(ROWS);
    expect(await recorded(`(${alert('FeatureDrift')}) and {version="1"}`)).toEqual({});
    expect(await recorded(`(${alert('PredictionDrift')}) and {version="1"}`)).toEqual({});
  });

  it('is large of the one feature that has moved by a fifth of its range, and that one is named', async () => {
    const indices = await recorded('feature:prediction_drift_psi:1h{version="2"}');
    const { [`cells 2 ${SHIFTED}`]: shifted, ...others } = indices;
    expect(shifted).toBeGreaterThan(0.25);
    expect(Object.keys(others)).toHaveLength(29);
    expect(Math.max(...Object.values(others))).toBeLessThan(0.1);
    const firing = await recorded(alert('FeatureDrift'));
    expect(Object.keys(firing)).toEqual([`cells 2 ${SHIFTED}`]);
    // The rule itself waits for half an hour; promtool sees it through (observability/rules.test.yml).
    const waiting = 'ALERTS{alertname="FeatureDrift",alertstate="pending"}';
    expect(await recorded(waiting)).toEqual({ [`cells 2 ${SHIFTED}`]: 1 });
  });

  it.each(['1h', '24h'])('over %s is what numpy makes of the raw rows', async (window) => {
    const features = await recorded(`feature:prediction_drift_psi:${window}`);
    expect(largestDifference(features, expected.features)).toBeLessThan(PRECISION);
    const predictions = await recorded(`model:prediction_drift_psi:${window}`);
    expect(largestDifference(predictions, expected.predictions)).toBeLessThan(PRECISION);
  });

  it('is the same at the edge, where many isolates have counted a part each', async () => {
    const receiving = await Prometheus.startWith(configureRules([]));
    const harness = createTestHarness({
      workers: [
        {
          configPath: 'wrangler.toml',
          prebuiltWorkerDir: WORKER_BUNDLE,
          vars: { REMOTE_WRITE_URL: receiving.writeUrl, REMOTE_WRITE_INTERVAL_SECONDS: 1 },
        },
        { configPath: 'test/e2e/drift/isolates/wrangler.toml' },
      ],
    });
    try {
      await harness.listen();
      const isolates = await harness.getWorker('drifting');
      const body = JSON.stringify(played);
      await isolates.fetch('/load', { method: 'POST', body });
      await seesZeros(receiving, bins);
      const served = await isolates.fetch('/serve', { method: 'POST', body });
      expect(served.status).toBe(200);
      await hasCounted(receiving, played);
      for (const window of ['1h', '24h']) {
        const features = await recorded(`feature:prediction_drift_psi:${window}`, receiving);
        expect(largestDifference(features, expected.features)).toBeLessThan(PRECISION);
        const onNode = await recorded(`feature:prediction_drift_psi:${window}`);
        expect(largestDifference(features, onNode)).toBeLessThan(PRECISION);
        const predictions = await recorded(`model:prediction_drift_psi:${window}`, receiving);
        expect(largestDifference(predictions, expected.predictions)).toBeLessThan(PRECISION);
      }
      const firing = await recorded(alert('FeatureDrift'), receiving);
      expect(Object.keys(firing)).toEqual([`cells 2 ${SHIFTED}`]);
    } finally {
      await harness.close();
      await receiving.stop();
    }
  });
});
