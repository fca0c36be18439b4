import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  createTestHarness,
  type TestHarness,
  type TestHarnessOptions,
  type WorkerHandle,
} from 'wrangler';
import { createCatalog } from '../../src/metrics/catalog.ts';
import type { Delta } from '../../src/metrics/delta.ts';
import { WORKER_BUNDLE } from '../helpers/build-worker.ts';
import { type Answer, accept, type Receiver, startReceiver } from '../helpers/receiver.ts';

const HUB = { name: 'hub-0' };
const ROWS = 'prediction_rows_total{instance="hub-0",job="kilat",model="m",version="1"}';
const RUNS = 'prediction_time_seconds_count{instance="hub-0",job="kilat",model="m",version="1"}';

/** A delta of so many predictions, as an isolate makes it. */
function delta(isolate: string, sequence: number, predictions: number): Delta {
  const { predictionRows, predictionTime } = createCatalog();
  predictionRows.cell('m', '1').add(predictions);
  for (let i = 0; i < predictions; i++) predictionTime.cell('m', '1').observe(0.001);
  return { isolate, sequence, families: [predictionRows.take(), predictionTime.take()] };
}

/** The real bundle in workerd, its hub a real Durable Object, in front of a receiver that keeps everything. */
describe('the hub', { timeout: 120_000 }, () => {
  let receiver: Receiver;
  let harness: TestHarness;
  let worker: WorkerHandle;

  /** The Worker under test, and beside it one that plays isolates. */
  const workers = (changes: object = {}): TestHarnessOptions['workers'] => [
    {
      configPath: 'wrangler.toml',
      prebuiltWorkerDir: WORKER_BUNDLE,
      vars: { REMOTE_WRITE_URL: receiver.url, REMOTE_WRITE_INTERVAL_SECONDS: 1, ...changes },
      secrets: { REMOTE_WRITE_BEARER_TOKEN: 's3cret' },
    },
    { configPath: 'test/fixtures/isolates/wrangler.toml' },
  ];
  const restart = async (changes: object) => {
    await harness.update({ workers: workers(changes) });
    worker = harness.getWorker('kilat');
  };
  const hub = {
    apply: (delta: Delta, name = 'hub-0') =>
      isolates(`/apply?hub=${name}`, { method: 'POST', body: JSON.stringify(delta) }),
  };
  const isolates = async (path: string, init?: { method: string; body: string }) => {
    const response = await harness.getWorker('isolates').fetch(path, init);
    expect(response.status).toBe(200);
    return response;
  };
  const query = async (sql: string) => {
    const storage = await worker.getDurableObjectStorage('MetricsHub', HUB);
    const [row] = await storage.exec(sql);
    return Number(Object.values(row ?? {})[0] ?? 0);
  };

  beforeEach(async () => {
    receiver = await startReceiver();
    harness = createTestHarness({ workers: workers() });
    await harness.listen();
    worker = harness.getWorker('kilat');
  });
  afterEach(async () => {
    await harness.close();
    await receiver.stop();
  });

  /** Times at which a series was accepted, in the order of arrival. */
  const times = (series: string) =>
    receiver
      .accepted()
      .filter((sample) => sample.series === series)
      .map(({ timestamp }) => timestamp);
  const pushed = (series: string, value: number, timeout = 20_000) =>
    vi.waitFor(() => expect(receiver.last(series)).toBe(value), { timeout, interval: 50 });

  it('adds up deltas of several isolates and pushes the totals every interval', async () => {
    await hub.apply(delta('a', 1, 3));
    await hub.apply(delta('b', 1, 4));
    await hub.apply(delta('a', 2, 5));
    await pushed(ROWS, 12);
    await pushed(RUNS, 12);
    await vi.waitFor(() => expect(times(ROWS).length).toBeGreaterThanOrEqual(4), 20_000);
    expect(receiver.violations).toEqual([]);
  });

  it('applies a delta once, however often it is sent, also after it was killed', async () => {
    await hub.apply(delta('a', 1, 3));
    await hub.apply(delta('a', 1, 3));
    await worker.evictDurableObject('MetricsHub', HUB);
    await hub.apply(delta('a', 1, 3));
    await hub.apply(delta('a', 2, 1));
    await pushed(ROWS, 4);
    const outcome = (name: string) =>
      `metrics_hub_deltas_total{instance="hub-0",job="kilat",outcome="${name}"}`;
    await pushed(outcome('applied'), 2);
    await pushed(outcome('duplicate'), 2);
    expect(receiver.violations).toEqual([]);
  });

  it('keeps what it has answered for when it is killed before its alarm', async () => {
    for (let i = 1; i <= 5; i++) {
      await hub.apply(delta('a', i, 2));
      await worker.evictDurableObject('MetricsHub', HUB);
    }
    await pushed(ROWS, 10);
    expect(receiver.violations).toEqual([]);
  });

  it('keeps every snapshot of an outage of 20 intervals, and delivers them in order', async () => {
    await hub.apply(delta('a', 1, 1));
    await pushed(ROWS, 1);
    await receiver.stop();
    const before = times(ROWS).length;
    const outage = Date.now();
    await vi.waitFor(() => expect(Date.now() - outage).toBeGreaterThan(20_500), 30_000);
    await hub.apply(delta('a', 2, 1));
    await worker.evictDurableObject('MetricsHub', HUB);
    await receiver.start();
    // After an outage of that length the next attempt may be most of a minute away.
    await pushed(ROWS, 2, 80_000);
    const arrived = times(ROWS);
    expect(arrived.length).toBeGreaterThanOrEqual(before + 20);
    // No hole: one sample an interval, from the first to the last.
    const gaps = arrived.slice(1).map((time, i) => time - (arrived[i] ?? 0));
    expect(Math.max(...gaps)).toBeLessThan(2000);
    expect(receiver.violations).toEqual([]);
  });

  it('goes on after every kind of refusal', async () => {
    await hub.apply(delta('a', 1, 1));
    await pushed(ROWS, 1);
    // Refused for good: that snapshot is lost, the next ones go.
    receiver.answer = (response) => {
      receiver.answer = accept;
      response.writeHead(400).end('out of order sample');
    };
    await hub.apply(delta('a', 2, 1));
    await pushed(ROWS, 2);
    const rejected = 'remote_write_requests_total{instance="hub-0",job="kilat",outcome="rejected"}';
    await pushed(rejected, 1);
    // Refused for now, asked to wait, and cut off: all of it is tried again.
    const refusals: Answer[] = [
      (response) => response.writeHead(500).end(),
      (response) => response.writeHead(429, { 'Retry-After': '1' }).end(),
      (response) =>
        response.writeHead(429, { 'Retry-After': new Date(Date.now() + 1000).toUTCString() }).end(),
      (response) => response.socket?.destroy(),
    ];
    for (const refuse of refusals) {
      const seen = times(ROWS).length;
      receiver.answer = (response, request) => {
        receiver.answer = accept;
        refuse(response, request);
      };
      await vi.waitFor(() => expect(times(ROWS).length).toBeGreaterThan(seen), 20_000);
    }
    const [refused] = receiver.requests.filter(({ status }) => status === 400);
    const lost = new Set(refused?.samples.map(({ timestamp }) => timestamp));
    const sent = new Set(
      receiver.requests.flatMap(({ samples }) => samples.map((s) => s.timestamp)),
    );
    const accepted = new Set(times(ROWS));
    for (const time of sent) {
      if (!lost.has(time)) await vi.waitFor(() => expect(new Set(times(ROWS))).toContain(time));
    }
    for (const time of lost) expect(accepted).not.toContain(time);
    await hub.apply(delta('a', 3, 4));
    await pushed(ROWS, 6);
    await pushed(RUNS, 6);
    expect(receiver.violations).toEqual([]);
  });

  it('takes its snapshots while a receiver hangs', async () => {
    await hub.apply(delta('a', 1, 1));
    await pushed(ROWS, 1);
    const held: (() => void)[] = [];
    receiver.answer = (response) => held.push(() => response.writeHead(204).end());
    await vi.waitFor(() => expect(held).toHaveLength(1), 20_000);
    await vi.waitFor(
      async () => expect(await query('SELECT COUNT(*) FROM batches')).toBeGreaterThanOrEqual(4),
      20_000,
    );
    expect(held).toHaveLength(1);
    receiver.answer = accept;
    held[0]?.();
    await hub.apply(delta('a', 2, 1));
    await pushed(ROWS, 2);
    expect(receiver.violations).toEqual([]);
  });

  it('drops the oldest snapshots beyond its bound, and counts their samples', async () => {
    await restart({ REMOTE_WRITE_MAX_PENDING_SAMPLES: 1000 });
    await receiver.stop();
    await hub.apply(delta('a', 1, 1));
    const dropped = async () => {
      const text = await (await worker.fetch('/metrics')).text();
      return Number(/^remote_write_samples_total\{.*dropped"\} (\d+)$/m.exec(text)?.[1]);
    };
    await vi.waitFor(async () => expect(await dropped()).toBeGreaterThan(0), {
      timeout: 50_000,
      interval: 500,
    });
    expect(await query('SELECT TOTAL(samples) FROM batches')).toBeLessThanOrEqual(1000);
  });

  it('tries again what a receiver did not answer in time', async () => {
    await restart({ REMOTE_WRITE_TIMEOUT_SECONDS: 1 });
    let ignored = 0;
    receiver.answer = () => {
      ignored++;
      receiver.answer = accept;
    };
    await hub.apply(delta('a', 1, 3));
    await pushed(ROWS, 3);
    expect(ignored).toBe(1);
    await pushed('remote_write_requests_total{instance="hub-0",job="kilat",outcome="retried"}', 1);
  });

  it('comes back before its next snapshot to what has to be tried again', async () => {
    await restart({ REMOTE_WRITE_INTERVAL_SECONDS: 8 });
    const arrivals: number[] = [];
    receiver.answer = (response) => {
      arrivals.push(Date.now());
      response.writeHead(arrivals.length === 1 ? 500 : 204).end();
    };
    await hub.apply(delta('a', 1, 1));
    await vi.waitFor(() => expect(arrivals.length).toBe(2), { timeout: 20_000 });
    expect((arrivals[1] ?? 0) - (arrivals[0] ?? 0)).toBeLessThan(6000);
  });

  it('leaves a receiver alone as long as it asks, also after a restart', async () => {
    const arrivals: number[] = [];
    receiver.answer = (response) => {
      arrivals.push(Date.now());
      response.writeHead(429, { 'Retry-After': '5' }).end();
    };
    await hub.apply(delta('a', 1, 1));
    await vi.waitFor(() => expect(arrivals.length).toBe(1), { timeout: 20_000 });
    await worker.evictDurableObject('MetricsHub', HUB);
    await vi.waitFor(() => expect(arrivals.length).toBe(2), { timeout: 20_000 });
    expect((arrivals[1] ?? 0) - (arrivals[0] ?? 0)).toBeGreaterThan(4900);
  });

  it('keeps what it counts of its own work through restarts', async () => {
    await hub.apply(delta('a', 1, 1));
    const success = 'remote_write_last_success_timestamp_seconds{instance="hub-0",job="kilat"}';
    await vi.waitFor(() => expect(receiver.last(success)).toBeGreaterThan(0), 20_000);
    const seen = receiver.accepted().length;
    await worker.evictDurableObject('MetricsHub', HUB);
    await vi.waitFor(() => expect(receiver.accepted().length).toBeGreaterThan(seen), 20_000);
    const values = receiver.accepted().filter(({ series }) => series === success);
    // Zero before the first delivery, and never again.
    expect(values.slice(1).every(({ value }) => value > 0)).toBe(true);
  });

  const info = (version: string) =>
    `model_info{instance="hub-0",job="kilat",model="m",runtime="wasm",sha256="x",version="${version}"}`;
  /** A delta of an isolate that serves a version of a model. */
  const serving = (isolate: string, version: string): Delta => {
    const { modelInfo } = createCatalog();
    modelInfo.cell('m', version, 'x', 'wasm').set(1);
    return { isolate, sequence: 1, families: [modelInfo.take()] };
  };
  const age = async () => {
    await query('UPDATE series SET seen = seen - 3700000');
    await worker.evictDurableObject('MetricsHub', HUB);
  };

  it('keeps the gauges of the last isolates while nobody reports', async () => {
    await hub.apply(serving('a', '1'));
    await vi.waitFor(() => expect(receiver.last(info('1'))).toBe(1), { timeout: 20_000 });
    await age();
    const seen = receiver.requests.length;
    await vi.waitFor(() => expect(receiver.requests.length).toBeGreaterThan(seen + 1), 20_000);
    expect(receiver.last(info('1'))).toBe(1);
  });

  it('ends the gauges of a deployment that is gone, once another one reports', async () => {
    await hub.apply(serving('a', '1'));
    await vi.waitFor(() => expect(receiver.last(info('1'))).toBe(1), { timeout: 20_000 });
    await age();
    await hub.apply(serving('b', '2'));
    await vi.waitFor(() => expect(receiver.last(info('1'))).toBeNaN(), { timeout: 20_000 });
    expect(receiver.last(info('2'))).toBe(1);
    expect(await query('SELECT COUNT(*) FROM series WHERE labels LIKE \'%"version":"1"%\'')).toBe(
      0,
    );
  });

  const bin = (metric: string, name: string) =>
    `prediction_feature_${metric}{bin="${name}",feature="age",instance="hub-0",job="kilat",model="m",version="1"}`;
  /** A delta of an isolate that has met so many values up to 30, and so many above. */
  const meeting = (isolate: string, sequence: number, ...counts: readonly number[]): Delta => {
    const { predictionFeatureBin, predictionFeatureReference } = createCatalog();
    for (const [i, name] of ['30', '+Inf'].entries()) {
      predictionFeatureBin.cell('m', '1', 'age', name).add(counts[i] ?? 0);
      predictionFeatureReference.cell('m', '1', 'age', name).set(0.5);
    }
    const families = [predictionFeatureBin.take(), predictionFeatureReference.take()];
    return { isolate, sequence, families };
  };

  it('adds up what isolates have met by bins, in one row for all of them', async () => {
    await hub.apply(meeting('a', 1, 3, 0));
    await hub.apply(meeting('b', 1, 4, 5));
    await worker.evictDurableObject('MetricsHub', HUB);
    await hub.apply(meeting('b', 1, 4, 5));
    await hub.apply(meeting('a', 2, 0, 6));
    await pushed(bin('bin_total', '30'), 7);
    await pushed(bin('bin_total', '+Inf'), 11);
    await pushed(bin('reference_ratio', '30'), 0.5);
    expect(await query('SELECT COUNT(*) FROM packs')).toBe(2);
    expect(await query("SELECT COUNT(*) FROM series WHERE name LIKE '%feature%'")).toBe(0);
    expect(receiver.violations).toEqual([]);
  });

  it('ends the shares of training of a deployment that is gone, and keeps what was counted', async () => {
    await hub.apply(meeting('a', 1, 3, 1));
    await pushed(bin('reference_ratio', '30'), 0.5);
    const storage = await worker.getDurableObjectStorage('MetricsHub', HUB);
    for (const { labels, series } of await storage.exec('SELECT labels, series FROM packs')) {
      const pack = JSON.parse(String(series)) as { series: [unknown, number, number][] };
      for (const each of pack.series) each[2] -= 3_700_000;
      const aged = JSON.stringify(pack).replaceAll("'", "''");
      await query(`UPDATE packs SET series = '${aged}' WHERE series = '${String(series)}'`);
      expect(String(labels)).toBe('{"model":"m","version":"1"}');
    }
    await worker.evictDurableObject('MetricsHub', HUB);
    await hub.apply(serving('b', '2'));
    await vi.waitFor(() => expect(receiver.last(bin('reference_ratio', '30'))).toBeNaN(), 20_000);
    expect(receiver.last(bin('bin_total', '30'))).toBe(3);
    expect(await query('SELECT COUNT(*) FROM packs')).toBe(1);
  });

  it('forgets which deltas it had of isolates that are long gone', async () => {
    await hub.apply(delta('a', 1, 1));
    await pushed(ROWS, 1);
    await hub.apply(delta('b', 1, 1));
    await query("UPDATE marks SET seen = 0 WHERE isolate = 'a'");
    await vi.waitFor(async () => expect(await query('SELECT COUNT(*) FROM marks')).toBe(1), 20_000);
  });

  it('shares the work with others, whose totals /metrics adds up', async () => {
    await restart({ METRICS_SHARDS: 2 });
    await hub.apply(delta('a', 1, 3));
    await hub.apply(delta('b', 1, 4), 'hub-1');
    const other = ROWS.replace('hub-0', 'hub-1');
    await pushed(ROWS, 3);
    await vi.waitFor(() => expect(receiver.last(other)).toBe(4), { timeout: 20_000 });
    const text = await (await worker.fetch('/metrics')).text();
    expect(text).toContain('prediction_rows_total{model="m",version="1"} 7\n');
    for (const name of ['hub-0', 'hub-1']) {
      expect(text).toMatch(
        new RegExp(`^metrics_hub_deltas_total\\{hub="${name}",outcome="applied"\\} \\d+$`, 'm'),
      );
    }
  });

  it('counts what many isolates predict exactly, on a line that loses deltas and answers', async () => {
    const played = await isolates('/play?isolates=12&rounds=10');
    const { predictions } = (await played.json()) as { predictions: number };
    expect(predictions).toBe(240);
    await pushed(ROWS, predictions);
    await pushed(RUNS, predictions);
    expect(receiver.violations).toEqual([]);
  });

  it('writes no credential anywhere', async () => {
    receiver.answer = (response) => response.writeHead(401).end('no');
    await hub.apply(delta('a', 1, 1));
    await vi.waitFor(() => expect(receiver.requests.length).toBeGreaterThan(0), 20_000);
    expect(receiver.requests[0]?.headers.authorization).toBe('Bearer s3cret');
    await vi.waitFor(() => expect(JSON.stringify(harness.getLogs())).toContain('status 401'), 5000);
    expect(JSON.stringify(harness.getLogs())).not.toContain('s3cret');
    const metrics = await worker.fetch('/metrics');
    expect(await metrics.text()).not.toContain('s3cret');
  });
});
