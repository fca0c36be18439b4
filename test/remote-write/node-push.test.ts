import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { post, readCard } from '../helpers/golden.ts';
import { type Answer, accept, type Receiver, startReceiver } from '../helpers/receiver.ts';
import { type NodeTarget, startNode } from '../helpers/targets.ts';

const COMMON = 'instance="here",job="kilat"';
const ROWS = `prediction_rows_total{${COMMON},model="digits",version="1"}`;

/** A real server that pushes every second, in front of a receiver that keeps everything. */
describe('a Node server that pushes', { timeout: 120_000 }, () => {
  let receiver: Receiver;
  let server: NodeTarget;
  let stopped = false;

  beforeEach(async () => {
    receiver = await startReceiver();
    server = await startNode({
      REMOTE_WRITE_URL: receiver.url,
      REMOTE_WRITE_INTERVAL_SECONDS: '1',
      REMOTE_WRITE_TIMEOUT_SECONDS: '1',
      REMOTE_WRITE_USERNAME: 'me',
      REMOTE_WRITE_PASSWORD: 's3cret',
      METRICS_INSTANCE: 'here',
    });
    stopped = false;
  });
  afterEach(async () => {
    if (!stopped) await server.stop();
    await receiver.stop();
  });

  const [row] = readCard('digits').examples;
  const predict = async (times: number) => {
    for (let i = 0; i < times; i++) await server.fetch('/models/digits/predict', post(row));
  };
  const times = () =>
    receiver
      .accepted()
      .filter(({ series }) => series === ROWS)
      .map(({ timestamp }) => timestamp);
  const pushed = (value: number, timeout = 30_000) =>
    vi.waitFor(() => expect(receiver.last(ROWS)).toBe(value), { timeout, interval: 50 });

  it('keeps every snapshot of an outage of 20 intervals, and delivers them in order', async () => {
    await predict(2);
    await pushed(2);
    await receiver.stop();
    const outage = Date.now();
    await vi.waitFor(() => expect(Date.now() - outage).toBeGreaterThan(20_500), 30_000);
    await predict(3);
    await receiver.start();
    // After an outage of that length the next attempt may be most of a minute away.
    await pushed(5, 80_000);
    const arrived = times();
    expect(arrived.length).toBeGreaterThan(20);
    const gaps = arrived.slice(1).map((time, i) => time - (arrived[i] ?? 0));
    expect(Math.max(...gaps)).toBeLessThan(2000);
    expect(receiver.violations).toEqual([]);
  });

  it('goes on after every kind of refusal, and loses only what was refused for good', async () => {
    await predict(1);
    await pushed(1);
    const refusals: Answer[] = [
      (response) => response.writeHead(400).end('out of order sample'),
      (response) => response.writeHead(500).end(),
      (response) => response.writeHead(429, { 'Retry-After': '1' }).end(),
      (response) =>
        response.writeHead(429, { 'Retry-After': new Date(Date.now() + 1000).toUTCString() }).end(),
      (response) => response.socket?.destroy(),
      // Never answered: the server gives up after a second and tries again.
      () => {},
    ];
    for (const refuse of refusals) {
      const seen = times().length;
      receiver.answer = (response, request) => {
        receiver.answer = accept;
        refuse(response, request);
      };
      await vi.waitFor(() => expect(times().length).toBeGreaterThan(seen + 1), 20_000);
    }
    const refused = receiver.requests.find(({ status }) => status === 400);
    const lost = new Set(refused?.samples.map(({ timestamp }) => timestamp));
    expect(lost.size).toBe(1);
    const sent = new Set(
      receiver.requests.flatMap(({ samples }) => samples.map(({ timestamp }) => timestamp)),
    );
    await vi.waitFor(() => {
      const accepted = new Set(times());
      expect([...sent].filter((time) => !accepted.has(time))).toEqual([...lost]);
    });
    expect(receiver.violations).toEqual([]);
    const warned = server.logs().filter(({ msg }) => msg === 'remote write');
    expect(warned.map(({ outcome }) => outcome)).toEqual([
      'rejected',
      ...new Array(5).fill('retried'),
    ]);
    expect(warned[0]).toMatchObject({ reason: 'status 400: out of order sample' });
    expect(JSON.stringify(server.logs())).not.toContain('s3cret');
  });

  it('pushes its last values and marks the end of every series when it stops', async () => {
    await pushed(0);
    await predict(7);
    stopped = true;
    expect(await server.stop()).toBe(0);
    const last = receiver.accepted().filter(({ series }) => series === ROWS);
    expect(last.at(-2)?.value).toBe(7);
    expect(last.at(-1)?.value).toBeNaN();
    const [end] = receiver.requests.slice(-1);
    expect(end?.samples.every(({ value }) => Number.isNaN(value))).toBe(true);
    const markers = Buffer.from(end?.message ?? [])
      .toString('hex')
      .split('09020000000000f07f');
    expect(markers.length - 1).toBe(end?.samples.length);
    expect(receiver.violations).toEqual([]);
  });
});
