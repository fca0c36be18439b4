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
describe('the hub', { timeout: 60_000 }, () => {
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
    apply: (delta: Delta) => isolates('/apply', { method: 'POST', body: JSON.stringify(delta) }),
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
  const pushed = (series: string, value: number) =>
    vi.waitFor(() => expect(receiver.last(series)).toBe(value), { timeout: 20_000, interval: 50 });

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
    await pushed(ROWS, 2);
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
    await restart({ REMOTE_WRITE_MAX_PENDING_SAMPLES: 100 });
    await receiver.stop();
    await hub.apply(delta('a', 1, 1));
    const dropped = () =>
      query(
        `SELECT value FROM series WHERE name = 'remote_write_samples_total' AND labels LIKE '%dropped%'`,
      );
    await vi.waitFor(async () => expect(await dropped()).toBeGreaterThan(50), 30_000);
    expect(await query('SELECT TOTAL(samples) FROM batches')).toBeLessThanOrEqual(100);
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
