import { describe, expect, it } from 'vitest';
import { sendLoad, summarise } from '../../src/cli/load.ts';

describe('a load', () => {
  it('sends every request once, never more at a time than asked', async () => {
    let underWay = 0;
    let most = 0;
    const sent: number[] = [];
    const samples = await sendLoad({
      requests: 20,
      concurrency: 4,
      seconds: Infinity,
      onSample: () => {},
      send: async (index) => {
        most = Math.max(most, ++underWay);
        await Promise.resolve();
        underWay--;
        sent.push(index);
        if (index === 7) throw new Error('overloaded: later');
        return { rows: 2, inferenceMs: 1 };
      },
    });
    expect(sent.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, i) => i));
    expect(most).toBe(4);
    expect(samples.filter(({ error }) => error === 'overloaded: later')).toHaveLength(1);
    expect(samples.reduce((sum, { rows }) => sum + rows, 0)).toBe(38);
  });
});

describe('a summary of times', () => {
  it('gives percentiles that occurred', () => {
    const times = Array.from({ length: 200 }, (_, i) => 200 - i);
    expect(summarise(times)).toEqual({ mean: 100.5, p50: 100, p90: 180, p99: 198, max: 200 });
    expect(summarise([3])).toEqual({ mean: 3, p50: 3, p90: 3, p99: 3, max: 3 });
  });

  it('is nothing without times', () => {
    expect(summarise([])).toBeUndefined();
  });
});
