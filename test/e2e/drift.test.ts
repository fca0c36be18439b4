import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createTestHarness } from 'wrangler';
import { ALERTS } from '../../observability/source/alerts.ts';
import { firingExpr } from '../../observability/source/prometheus-files.ts';
import { WORKER_BUNDLE } from '../helpers/build-worker.ts';
import { type NodeTarget, startNode } from '../helpers/targets.ts';
import type { Played } from './drift/isolates/worker.ts';
import { type Computed, computePsi, INSTALL_MS, installNumpy } from './drift/numpy.ts';
import { countBins, playRows, prepareModels, ROWS, SHIFTED } from './drift/play.ts';
import { configureRules } from './generated-rules.ts';
import { Prometheus, type Values } from './prometheus.ts';

/** How far Prometheus and numpy may be apart: they add up in another order. */
const PRECISION = 1e-6;

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
  const expected = Object.fromEntries(
    played.flatMap(({ name, versions }) =>
      Object.entries(versions).map(([version, { rows }]) => [`${name} ${version}`, rows.length]),
    ),
  );
  const sumBy = (labels: string, series: string) => `sum by (${labels}) (${series})`;
  const features = sumBy('model, version, feature', 'prediction_feature_bin_total');
  const predictions = '{__name__=~"prediction_class_total|prediction_output_bin_total"}';
  const counts = [
    `min by (model, version) (${features})`,
    `max by (model, version) (${features})`,
    sumBy('model, version', predictions),
  ];
  const patience = { timeout: 60_000, interval: 250 };
  await vi.waitFor(async () => {
    for (const count of counts) expect(byLabels(await prometheus.query(count))).toEqual(expected);
  }, patience);
  const since = Date.now() / 1000;
  await vi.waitFor(async () => {
    const last = await prometheus.query('min(timestamp(model:prediction_drift_psi:24h))');
    expect([...last.values()][0]).toBeGreaterThan(since);
  }, patience);
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
  let played: readonly Played[];
  let expected: Computed;
  let bins: number;

  const recorded = async (record: string, from = prometheus) => byLabels(await from.query(record));

  beforeAll(async () => {
    const { repository, models } = prepareModels();
    server = await startNode({ MODEL_REPOSITORY: repository });
    prometheus = await Prometheus.startWith(configureRules([new URL(server.url).host]));
    bins = countBins(models);
    await seesZeros(prometheus, bins);
    played = await playRows(server, models);
    expected = computePsi(played);
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
    const isWaiting = async () =>
      expect(await recorded(waiting)).toEqual({ [`cells 2 ${SHIFTED}`]: 1 });
    // Its group is evaluated at another moment of the second.
    await vi.waitFor(isWaiting, 10_000);
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
