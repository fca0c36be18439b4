import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { summarise, Times } from '../../src/cli/times.ts';

function record(times: Iterable<number>): Times {
  const all = new Times();
  for (const time of times) all.record(time);
  return all;
}

describe('a summary of times', () => {
  it('gives percentiles that occurred', () => {
    const times = Array.from({ length: 200 }, (_, i) => 200 - i);
    expect(summarise(times)).toEqual({ mean: 100.5, p50: 100, p90: 180, p99: 198, max: 200 });
    expect(summarise([3])).toEqual({ mean: 3, p50: 3, p90: 3, p99: 3, max: 3 });
    expect(record(times).summary()).toEqual(summarise(times));
  });

  it('is nothing without times', () => {
    expect(summarise([])).toBeUndefined();
    expect(new Times().summary()).toBeUndefined();
    expect(new Times().histogram()).toEqual([]);
  });

  it('of more than are kept has the mean and the longest as they are, and percentiles at most 0.58 % above theirs', () => {
    // No two are in the order of their size.
    const times = Array.from({ length: 150_000 }, (_, i) => 0.01 + ((i * 7919) % 150_000) / 1000);
    const recorded = record(times);
    expect(recorded.kept).toEqual(times.slice(0, 100_000));
    expect(recorded.count).toBe(150_000);
    const exact = summarise(times);
    const close = recorded.summary();
    expect(close?.max).toBe(exact?.max);
    expect(close?.mean).toBeCloseTo(exact?.mean ?? 0, 9);
    for (const share of ['p50', 'p90', 'p99'] as const) {
      const ratio = (close?.[share] ?? 0) / (exact?.[share] ?? 0);
      expect(ratio).toBeGreaterThanOrEqual(1);
      expect(ratio).toBeLessThan(1.0058);
    }
  });
});

describe('a histogram of times', () => {
  it('has buckets that follow each other, in which every time is once', () => {
    const time = fc.double({ min: 1e-6, max: 1e9, noNaN: true });
    fc.assert(
      fc.property(fc.array(time, { minLength: 1, maxLength: 200 }), (times) => {
        const rows = record(times).histogram();
        expect(rows.length).toBeLessThanOrEqual(12);
        expect(rows.reduce((sum, { count }) => sum + count, 0)).toBe(times.length);
        expect(rows.slice(1).map(({ from }) => from)).toEqual(
          rows.slice(0, -1).map(({ to }) => to),
        );
        expect(rows[0]?.count).toBeGreaterThan(0);
        expect(rows.at(-1)?.count).toBeGreaterThan(0);
      }),
    );
  });

  it('puts a time where it belongs', () => {
    const rows = record([1.5, 2.5, 2.6, 30, 31, 32, 33, 34, 35]).histogram();
    expect(rows.map(({ from, to, count }) => [from.toFixed(2), to.toFixed(2), count])).toEqual([
      ['1.00', '3.16', 3],
      ['3.16', '10.00', 0],
      ['10.00', '31.62', 2],
      ['31.62', '100.00', 4],
    ]);
  });

  it('shows few times in few buckets', () => {
    expect(record([5, 5, 5]).histogram()).toHaveLength(1);
    expect(record([3.6, 4.1, 4.3, 13]).histogram().length).toBeLessThanOrEqual(4);
  });
});
