import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createTestHarness } from 'wrangler';
import { WORKER_BUNDLE } from '../helpers/build-worker.ts';
import { post, readCard } from '../helpers/golden.ts';
import { type NodeTarget, startNode } from '../helpers/targets.ts';
import { PYTHON } from './install.ts';
import { Ledger, ledgerQuery } from './ledger.ts';
import { Prometheus, type Values } from './prometheus.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';

const sorted = (values: Values) => [...values].sort(([a], [b]) => (a < b ? -1 : 1));

/** Waits until Prometheus has what the ledger has; the difference is what a failure shows. */
async function agree(prometheus: Prometheus, selector: string, ledger: Ledger): Promise<void> {
  await vi.waitFor(
    async () => {
      const stored = await prometheus.query(ledgerQuery(selector));
      expect(sorted(stored)).toEqual(sorted(ledger.values));
    },
    { timeout: 30_000, interval: 250 },
  );
}

/** Every histogram's buckets rise, and end in as many as its count. */
async function bucketsAreCumulative(prometheus: Prometheus, selector: string): Promise<void> {
  const buckets = await prometheus.query(`{__name__=~".+_bucket",${selector}}`);
  const counts = await prometheus.query(`{__name__=~".+_count",${selector}}`);
  const byHistogram = Map.groupBy(buckets, ([series]) =>
    series
      .replace(/le="[^"]*",?/, '')
      .replace(',}', '}')
      .replace('_bucket{', '_count{'),
  );
  expect(byHistogram.size).toBeGreaterThan(5);
  for (const [histogram, entries] of byHistogram) {
    const bounds = entries
      .map(
        ([series, value]) =>
          [Number(/le="([^"]*)"/.exec(series)?.[1]?.replace('+Inf', 'Infinity')), value] as const,
      )
      .sort(([a], [b]) => a - b);
    expect(bounds.at(-1)).toEqual([Infinity, counts.get(histogram)]);
    bounds.reduce((below, [, value]) => {
      expect(value).toBeGreaterThanOrEqual(below);
      return value;
    }, 0);
  }
}

/** A repository with a model that can fail while it runs, and one that cannot be loaded. */
function createRepository(): string {
  const models = mkdtempSync(join(tmpdir(), 'kilat-e2e-models-'));
  cpSync('model', models, { recursive: true, filter: (path) => !path.endsWith('.py') });
  for (const name of ['lookup', 'broken']) mkdirSync(join(models, name, '1'), { recursive: true });
  cpSync('test/models/lookup.onnx', join(models, 'lookup/1/model.onnx'));
  writeFileSync(join(models, 'broken/1/model.onnx'), 'not a graph');
  return models;
}

describe('a Node server, scraped and pushing', () => {
  let server: NodeTarget;
  let scraping: Prometheus;
  let receiving: Prometheus;
  let ledger: Ledger;

  beforeAll(async () => {
    receiving = await Prometheus.start();
    server = await startNode({
      MODEL_REPOSITORY: createRepository(),
      REMOTE_WRITE_URL: receiving.writeUrl,
      REMOTE_WRITE_INTERVAL_SECONDS: '1',
    });
    scraping = await Prometheus.start([new URL(server.url).host]);
    ledger = new Ledger(server);
    await ledger.sendMixedTraffic(40);
    for (const place of [3, 77, 5, 99, 7]) await ledger.predict('lookup', [place]);
    for (let i = 0; i < 4; i++) await ledger.predict('broken', [[1]]);
    await ledger.predict('breast-cancer', readCard('breast-cancer').examples, {
      traceparent: `00-${TRACE}-00f067aa0ba902b7-01`,
    });
  });
  afterAll(async () => {
    await server.stop();
    await scraping.stop();
    await receiving.stop();
  });

  it('has every outcome in the ledger', () => {
    const series = [...ledger.values.keys()].join();
    for (const outcome of ['ok', 'invalid', 'rejected', 'failed']) {
      expect(series).toContain(`outcome="${outcome}"`);
    }
  });

  it('agrees with the ledger by scraping, exactly', async () => {
    await agree(scraping, 'job="scraped"', ledger);
    await bucketsAreCumulative(scraping, 'job="scraped"');
  });

  it('agrees with the ledger by remote write, exactly', async () => {
    await agree(receiving, 'job="kilat"', ledger);
    await bucketsAreCumulative(receiving, 'job="kilat"');
  });

  it('stores the same series by both ways', async () => {
    // What the process has open differs from one moment to the next, and so do its series.
    const names = async (prometheus: Prometheus) =>
      [
        ...(await prometheus.query('{job=~".+",__name__!~"scrape_.+|up|nodejs_active_.+"}')).keys(),
      ].sort();
    await vi.waitFor(async () => expect(await names(receiving)).toEqual(await names(scraping)), {
      timeout: 20_000,
      interval: 500,
    });
  });

  it('hands exemplars over, which Prometheus stores', async () => {
    await vi.waitFor(
      async () =>
        expect(await scraping.exemplars('prediction_time_seconds_bucket')).toContain(TRACE),
      { timeout: 10_000 },
    );
  });

  it('shows the process it runs in', async () => {
    const values = await scraping.query('{__name__=~"process_.+|nodejs_.+"}');
    const names = new Set([...values.keys()].map((series) => series.split('{')[0]));
    for (const name of [
      'process_cpu_seconds_total',
      'process_resident_memory_bytes',
      'process_open_fds',
      'nodejs_eventloop_lag_seconds',
      'nodejs_heap_size_used_bytes',
      'nodejs_gc_duration_seconds_count',
    ]) {
      expect(names).toContain(name);
    }
  });

  it('is clean for promtool', async () => {
    const text = await (await server.fetch('/metrics')).text();
    const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], {
      input: text,
      encoding: 'utf8',
    });
    expect({ status, output: stdout + stderr }).toEqual({ status: 0, output: '' });
  });

  it('is accepted by a strict OpenMetrics parser', async () => {
    const headers = { Accept: 'application/openmetrics-text; version=1.0.0' };
    const input = await (await server.fetch('/metrics', { headers })).text();
    const parse = [
      'import sys',
      'from prometheus_client.openmetrics.parser import text_string_to_metric_families',
      'print(len(list(text_string_to_metric_families(sys.stdin.read()))))',
    ].join('\n');
    const families = execFileSync(PYTHON, ['-c', parse], { input, encoding: 'utf8' });
    expect(Number(families)).toBeGreaterThan(30);
  });
});

describe('a Node server that is asked for more than it can do', () => {
  it('agrees with the ledger on what was answered, turned away and given up', async () => {
    const server = await startNode({ MAX_QUEUE_ROWS: '200', REQUEST_TIMEOUT_MS: '5' });
    const scraping = await Prometheus.start([new URL(server.url).host]);
    const ledger = new Ledger(server);
    const { examples } = readCard('digits');
    const rows = Array.from({ length: 64 }, (_, i) => examples[i % examples.length]);
    const outcomes = () => [...ledger.values.keys()].join();
    // Small bursts that fit, and large ones that do not, until all three have happened.
    for (let burst = 0; burst < 100; burst++) {
      const size = burst % 2 === 0 ? 1 : 60;
      await Promise.all(Array.from({ length: size }, () => ledger.predict('digits', rows)));
      if (['ok', 'rejected', 'timeout'].every((o) => outcomes().includes(`outcome="${o}"`))) break;
    }
    for (const outcome of ['ok', 'rejected', 'timeout']) {
      expect(outcomes()).toContain(`outcome="${outcome}"`);
    }
    // Runs are shared here, so what is counted per run is not what is counted per request.
    const perRequest = (values: Values) =>
      sorted(values).filter(([series]) => !/^prediction_(time|batch)/.test(series));
    await vi.waitFor(
      async () => {
        const stored = await scraping.query(ledgerQuery('job="scraped"'));
        expect(perRequest(stored)).toEqual(perRequest(ledger.values));
      },
      { timeout: 20_000, interval: 250 },
    );
    const rowsRun = await scraping.query('prediction_batch_rows_sum');
    const booked = ledger.values.get('prediction_batch_rows_sum{model="digits",version="1"}');
    expect(rowsRun.get('prediction_batch_rows_sum{model="digits",version="1"}')).toBe(booked);
    await server.stop();
    await scraping.stop();
  });
});

describe('a Node server that is told to stop under load', () => {
  it('pushes its last numbers and the end of its series', async () => {
    const receiving = await Prometheus.start();
    const server = await startNode({
      REMOTE_WRITE_URL: receiving.writeUrl,
      REMOTE_WRITE_INTERVAL_SECONDS: '1',
    });
    const ledger = new Ledger(server);
    const { examples } = readCard('digits');
    let stopping = false;
    const senders = Array.from({ length: 8 }, async () => {
      // After the signal a request may still be under way; the first that is turned away is the last.
      for (;;) {
        try {
          await ledger.predict('digits', examples);
        } catch (error) {
          if (!stopping) throw error;
          return;
        }
        if (stopping) return;
      }
    });
    const answered = () => [...ledger.values.values()].reduce((sum, value) => sum + value, 0);
    await vi.waitFor(() => expect(answered()).toBeGreaterThan(2000), { timeout: 20_000 });
    stopping = true;
    expect(await server.stop()).toBe(0);
    await Promise.all(senders);
    const rows = 'prediction_rows_total{model="digits",version="1"}';
    const stored = await receiving.query('last_over_time(prediction_rows_total[5m])');
    const [booked] = [...ledger.values].filter(([series]) => series === rows);
    expect([...stored.values()].filter((value) => value > 0)).toEqual([booked?.[1]]);
    expect(await receiving.query('prediction_rows_total')).toEqual(new Map());
    await receiving.stop();
  });
});

describe('workerd with a hub', () => {
  it('agrees with the ledger, by remote write and at /metrics, exactly', async () => {
    const receiving = await Prometheus.start();
    const harness = createTestHarness({
      workers: [
        {
          configPath: 'wrangler.toml',
          prebuiltWorkerDir: WORKER_BUNDLE,
          vars: {
            REMOTE_WRITE_URL: receiving.writeUrl,
            REMOTE_WRITE_INTERVAL_SECONDS: 1,
            METRICS_FLUSH_SECONDS: 1,
          },
        },
        { configPath: 'test/fixtures/isolates/wrangler.toml' },
      ],
    });
    try {
      const { url } = await harness.listen();
      const target = {
        fetch: (path: string, init?: RequestInit) => fetch(new URL(path, url), init),
      };
      const ledger = new Ledger(target);
      await ledger.sendMixedTraffic(40);
      await agree(receiving, 'instance="hub-0"', ledger);
      await bucketsAreCumulative(receiving, 'instance="hub-0"');

      const scraping = await Prometheus.start([url.host]);
      await agree(scraping, 'job="scraped"', ledger);
      await scraping.stop();

      const played = await harness.getWorker('isolates').fetch('/play?isolates=20&rounds=10');
      const { predictions } = (await played.json()) as { predictions: number };
      await vi.waitFor(
        async () =>
          expect(await receiving.query('prediction_rows_total{model="m"}')).toEqual(
            new Map([['prediction_rows_total{model="m",version="1"}', predictions]]),
          ),
        { timeout: 20_000, interval: 250 },
      );
    } finally {
      await harness.close();
      await receiving.stop();
    }
  });

  it('pushes from an isolate of its own where there is no hub', async () => {
    const receiving = await Prometheus.start();
    const harness = createTestHarness({
      workers: [
        {
          configPath: 'test/fixtures/no-hub/wrangler.toml',
          vars: { REMOTE_WRITE_URL: receiving.writeUrl, METRICS_FLUSH_SECONDS: 1 },
        },
      ],
    });
    try {
      const { url } = await harness.listen();
      const target = {
        fetch: (path: string, init?: RequestInit) => fetch(new URL(path, url), init),
      };
      const ledger = new Ledger(target);
      await ledger.sendMixedTraffic(10);
      await agree(receiving, 'instance=~"isolate-.+"', ledger);
      await fetch(new URL('/predict', url), post(readCard('breast-cancer').examples[0]));
      const metrics = await (await fetch(new URL('/metrics', url))).text();
      expect(metrics).toContain('prediction_rows_total{model="breast-cancer",version="1"}');
    } finally {
      await harness.close();
      await receiving.stop();
    }
  });
});
