import { describe, expect, it } from 'vitest';
import { compare, quantile } from '../../src/site/browser/live-figures.ts';
import { readTotals } from '../../src/site/browser/live-totals.ts';
import { createTestApp } from '../helpers/app.ts';
import { post } from '../helpers/golden.ts';

describe('the live figures', () => {
  it('are what was asked between two looks at /metrics', async () => {
    const { app } = await createTestApp();
    const look = async () => readTotals(await (await app.request('/metrics')).text());
    const ask = (body: string) => app.request('/models/diabetes/predict', post(body));
    const row = [59, 2, 32.1, 101, 157, 93.2, 38, 4, 4.8598, 87];
    await ask(JSON.stringify({ instances: [row] }));
    const earlier = await look();
    for (let i = 0; i < 6; i++) await ask(JSON.stringify({ instances: [row, row] }));
    await ask('{');
    const figures = compare(earlier, await look(), 3);
    expect(figures).toMatchObject({
      predictionsPerSecond: 2,
      errorsPerSecond: 1 / 3,
      rowsPerRun: 2,
      lastRemoteWrite: undefined,
    });
    expect(figures.p50).toBeGreaterThan(0);
    expect(figures.p99).toBeGreaterThanOrEqual(figures.p50 ?? Infinity);
  });

  it('have no time of a run where none was', async () => {
    const { app } = await createTestApp();
    const totals = readTotals(await (await app.request('/metrics')).text());
    expect(compare(totals, totals, 10)).toEqual({
      predictionsPerSecond: 0,
      errorsPerSecond: 0,
      p50: undefined,
      p99: undefined,
      rowsPerRun: undefined,
      lastRemoteWrite: undefined,
    });
  });

  it('begin again from nothing when the server has', () => {
    const metrics = (count: number) =>
      readTotals(`prediction_requests_total{outcome="ok"} ${count}\n`);
    expect(compare(metrics(1000), metrics(40), 10).predictionsPerSecond).toBe(4);
  });

  it('add up models and versions', () => {
    const totals = readTotals(
      [
        'prediction_time_seconds_bucket{le="0.001",model="a",version="1"} 3',
        'prediction_time_seconds_bucket{le="+Inf",model="a",version="1"} 4',
        'prediction_time_seconds_bucket{le="0.001",model="b",version="2"} 1',
        'prediction_time_seconds_bucket{le="+Inf",model="b",version="2"} 1',
        'prediction_requests_total{model="a",version="1",protocol="predict",outcome="ok"} 5',
        'prediction_requests_total{model="b",version="2",protocol="v2",outcome="ok"} 2',
        'prediction_requests_total{model="b",version="2",protocol="v2",outcome="invalid"} 9',
      ].join('\n'),
    );
    expect(totals.predictions).toBe(7);
    expect([...totals.runTimes]).toEqual([
      [0.001, 4],
      [Infinity, 5],
    ]);
  });
});

describe('a quantile of a histogram', () => {
  const buckets = [
    [1, 10],
    [2, 30],
    [4, 40],
    [Infinity, 40],
  ] as const;

  it.each([
    [0.25, 1],
    [0.5, 1.5],
    [0.75, 2],
    [0.99, 3.92],
    [1, 4],
  ])('%d is %d', (share, expected) => {
    expect(quantile(share, buckets)).toBeCloseTo(expected, 10);
  });

  it('is the highest bound for what lies above it', () => {
    expect(
      quantile(0.99, [
        [1, 0],
        [Infinity, 5],
      ]),
    ).toBe(1);
  });

  it('is none of nothing', () => {
    expect(quantile(0.5, [[Infinity, 0]])).toBeUndefined();
    expect(quantile(0.5, [])).toBeUndefined();
  });
});
