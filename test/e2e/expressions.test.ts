import { cpSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createTestHarness } from 'wrangler';
import { ALERTS } from '../../observability/source/alerts.ts';
import { dashboardFiles } from '../../observability/source/dashboards.ts';
import { parseDashboard } from '../../observability/source/picture/dashboard-json.ts';
import { PrometheusApi, type Series } from '../../observability/source/picture/prometheus-api.ts';
import {
  parseLabelValues,
  resolveVariables,
  substitute,
  type Values,
} from '../../observability/source/picture/variables.ts';
import { RECORDING_GROUPS } from '../../observability/source/recording-rules.ts';
import { WORKER_BUNDLE } from '../helpers/build-worker.ts';
import { GOLDEN_MODELS, post, readCard } from '../helpers/golden.ts';
import { lookupGraph } from '../helpers/store.ts';
import { type NodeTarget, startNode } from '../helpers/targets.ts';
import { configureRules } from './generated-rules.ts';
import { Prometheus } from './prometheus.ts';

/** How long all expressions together may take to have a value, from the first traffic on. */
const ALL_MS = 60_000;
/** How far queries look back; marks are looked for in all of it. */
const RANGE_SECONDS = 300;

const dashboards = dashboardFiles().map(({ content }) => parseDashboard(content));

/** What is asked of one moment, by where it stands. */
const instantExpressions = [
  ...dashboards.flatMap(({ uid, panels }) =>
    panels.flatMap(({ title, targets }) =>
      targets.map(({ refId, expr }) => [`${uid}: ${title}, ${refId}`, expr] as const),
    ),
  ),
  ...RECORDING_GROUPS.flatMap(({ rules }) => rules).flatMap(({ record, expr }) => [
    [`the rule of ${record}`, expr] as const,
    [`what is recorded as ${record}`, record] as const,
  ]),
  ...ALERTS.map(({ name, window = '', expr }) => [`${name} ${window}`, expr] as const),
];

const annotations = dashboards.flatMap(({ uid, annotations: { list } }) =>
  list.flatMap(({ name, target }) => (target ? [[`${uid}: ${name}`, target.expr] as const] : [])),
);

const variables = dashboards.flatMap(({ uid, templating: { list } }) =>
  list.flatMap(({ name, definition }) =>
    definition === undefined ? [] : [[`${uid}: ${name}`, definition] as const],
  ),
);

/** The shipped models, one with two versions that can fail while it runs, a slow one, and one that cannot be loaded. */
function createRepository(): string {
  const models = mkdtempSync(join(tmpdir(), 'kilat-expressions-models-'));
  for (const name of GOLDEN_MODELS) {
    cpSync(join('model', name), join(models, name), { recursive: true });
  }
  writeLookup(models, '1', 10);
  writeLookup(models, '2', 20);
  for (const name of ['slow', 'broken']) mkdirSync(join(models, name, '1'), { recursive: true });
  cpSync('test/models/slow.onnx', join(models, 'slow/1/model.onnx'));
  writeFileSync(join(models, 'broken/1/model.onnx'), 'not a graph');
  return models;
}

function writeLookup(models: string, version: string, step: number): void {
  mkdirSync(join(models, 'lookup', version), { recursive: true });
  writeFileSync(join(models, 'lookup', version, 'model.onnx'), lookupGraph(step));
}

type Ask = (path: string, instances: readonly unknown[]) => Promise<unknown>;

function asking(base: URL | string): Ask {
  return async (path, instances) => {
    const response = await fetch(new URL(path, base), post({ instances }));
    return response.json();
  };
}

/** Rows of every shipped model, right and wrong ones, until it is aborted. */
async function sendShipped(ask: Ask, { signal }: AbortController): Promise<void> {
  for (let round = 0; !signal.aborted; round++) {
    const model = GOLDEN_MODELS[round % GOLDEN_MODELS.length] ?? GOLDEN_MODELS[0];
    const { examples } = readCard(model);
    await ask(`/models/${model}/predict`, examples.slice(0, 1 + (round % examples.length)));
    if (round % 10 === 0) await ask(`/models/${model}/predict`, [[1, 2]]);
  }
}

/** What only a Node server can be brought to: versions, failures, and more than it can do. */
async function sendTrouble(ask: Ask, { signal }: AbortController): Promise<void> {
  const slowRows = Array.from({ length: 32 }, () => Array.from({ length: 16 }, () => 1));
  while (!signal.aborted) {
    await ask('/v1/models/lookup/versions/1:predict', [3]);
    await ask('/models/lookup/predict', [4, 5]);
    await ask('/models/lookup/predict', [77]);
    await ask('/models/no-such-model/predict', [[1]]);
    // One runs; of those that wait some are too many, and the others wait too long.
    await Promise.all(Array.from({ length: 6 }, () => ask('/models/slow/predict', slowRows)));
  }
}

describe('an expression has a value for', () => {
  const stopping = new AbortController();
  const models = createRepository();
  let server: NodeTarget;
  let prometheus: Prometheus;
  let harness: ReturnType<typeof createTestHarness>;
  let api: PrometheusApi;
  let values: Values;
  let deadline: number;
  let traffic: Promise<unknown>;

  /** The last minutes, as a graph shows them. */
  const range = () => {
    const to = Math.floor(Date.now() / 1000);
    return { from: to - RANGE_SECONDS, to, step: 1 };
  };

  /** Waits until an answer has a series with a number. */
  const becomesFinite = (ask: () => Promise<Series[]>) =>
    vi.waitFor(
      async () => {
        const values = (await ask()).flatMap(({ points }) => points.map(([, value]) => value));
        if (!values.some(Number.isFinite)) throw new Error(`no number in [${values.join()}]`);
      },
      { timeout: Math.max(2000, deadline - Date.now()), interval: 500 },
    );

  beforeAll(async () => {
    server = await startNode({
      MODEL_REPOSITORY: models,
      ADMIN_TOKEN: 'admin',
      INFERENCE_THREADS: '1',
      MAX_QUEUE_ROWS: '100',
      REQUEST_TIMEOUT_MS: '200',
    });
    prometheus = await Prometheus.startWith(configureRules([new URL(server.url).host]));
    harness = createTestHarness({
      workers: [
        {
          configPath: 'wrangler.toml',
          prebuiltWorkerDir: WORKER_BUNDLE,
          vars: {
            REMOTE_WRITE_URL: prometheus.writeUrl,
            REMOTE_WRITE_INTERVAL_SECONDS: 1,
            METRICS_FLUSH_SECONDS: 1,
          },
        },
      ],
    });
    const { url } = await harness.listen();
    api = new PrometheusApi(prometheus.url);
    deadline = Date.now() + ALL_MS;
    traffic = Promise.all([
      sendShipped(asking(server.url), stopping),
      sendShipped(asking(url), stopping),
      sendTrouble(asking(server.url), stopping),
    ]);
    // Unless something else fails first, it ends when it is told to.
    traffic.catch(() => {});

    // Both have been seen, and then the model is reloaded.
    await becomesFinite(() => api.instant('model_info{model="lookup"}', Date.now() / 1000));
    await becomesFinite(() => api.instant('model_info{instance="hub-0"}', Date.now() / 1000));
    writeLookup(models, '2', 30);
    const admin = post({}, { Authorization: 'Bearer admin' });
    const reloaded = await server.fetch('/v2/repository/models/lookup/load', admin);
    expect(reloaded.status).toBe(200);
    // One of them has what the others have, and more.
    const [list = []] = dashboards
      .map(({ templating }) => templating.list)
      .sort((a, b) => b.length - a.length);
    ({ values } = await resolveVariables(list, api, range(), 15));
  });
  afterAll(async () => {
    stopping.abort();
    await traffic;
    await server?.stop();
    await harness?.close();
    await prometheus?.stop();
  });

  it('every outcome of the traffic', async () => {
    for (const outcome of ['ok', 'invalid', 'rejected', 'timeout', 'failed']) {
      const selector = `prediction_requests_total{outcome="${outcome}"}`;
      await becomesFinite(() => api.instant(selector, Date.now() / 1000));
    }
  });

  it.each(instantExpressions)('%s', (_, expr) =>
    becomesFinite(() => api.instant(substitute(expr, values), Date.now() / 1000)),
  );

  it.each(annotations)('the marks of %s', (_, expr) =>
    becomesFinite(() => api.range(substitute(expr, values), range())),
  );

  it.each(variables)('the choices of %s', async (_, definition) => {
    const { selector, label } = parseLabelValues(substitute(definition, values));
    expect(await api.labelValues(label, selector, range())).not.toEqual([]);
  });

  it('a reload, once for what came and once for what went, and for no start of a process', async () => {
    const ask = (name: string) => {
      const expr = annotations.find(([place]) => place === `kilat-overview: ${name}`)?.[1] ?? '';
      return api.range(substitute(expr, values), range());
    };
    const marks = async (name: string) =>
      (await ask(name)).map(({ labels: { model, version }, points }) => [
        model,
        version,
        points.length,
      ]);
    stopping.abort();
    await traffic;
    await server.stop();
    const isServed = () => api.instant('model_info{model="lookup"}', Date.now() / 1000);
    await vi.waitFor(async () => expect(await isServed()).toEqual([]), 10_000);
    server = await startNode({ MODEL_REPOSITORY: models, PORT: new URL(server.url).port });
    const starts = async () => (await ask('Process starts')).flatMap(({ points }) => points);
    await vi.waitFor(async () => {
      const times = (await starts()).map(([, milliseconds]) => milliseconds);
      expect(new Set(times).size).toBe(2);
    }, 10_000);
    expect(await isServed()).not.toEqual([]);
    expect(await marks('Loaded')).toEqual([['lookup', '2', 1]]);
    expect(await marks('Let go')).toEqual([['lookup', '2', 1]]);
  });
});
