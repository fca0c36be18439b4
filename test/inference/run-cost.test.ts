import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RunCost } from '../../src/inference/run-cost.ts';

describe('the cost of a run', () => {
  it('is nothing while nothing is known', () => {
    expect(new RunCost().expected(100)).toBe(0);
  });

  it('is what a run of that size took', () => {
    const cost = new RunCost();
    cost.learn(30, 0.01);
    expect(cost.expected(30)).toBeCloseTo(0.01);
  });

  it('is at most in proportion what a smaller run took, whatever a larger one once did', () => {
    const cost = new RunCost();
    cost.learn(30, 0.01);
    cost.learn(300, 5);
    expect(cost.expected(300)).toBeCloseTo(0.1);
    expect(cost.expected(3000)).toBeCloseTo(1);
  });

  it('is in proportion what a larger run took, where there was no smaller one', () => {
    const cost = new RunCost();
    cost.learn(3000, 1);
    expect(cost.expected(30)).toBeCloseTo(0.01);
  });

  it('falls at once and rises step by step', () => {
    const cost = new RunCost();
    for (const seconds of [0.1, 0.01, 0.1]) cost.learn(64, seconds);
    expect(cost.expected(64)).toBeCloseTo(0.0125);
    for (let run = 0; run < 20; run++) cost.learn(64, 0.1);
    expect(cost.expected(64)).toBeCloseTo(0.1);
  });

  it('learns nothing from runs of nothing, and recovers from runs that took no time', () => {
    const cost = new RunCost();
    cost.learn(30, 0.001);
    for (let run = 0; run < 3; run++) cost.learn(0, 0);
    expect(cost.expected(3000)).toBeCloseTo(0.1);
    cost.learn(30, 0);
    for (let run = 0; run < 100; run++) cost.learn(30, 0.001);
    expect(cost.expected(30)).toBeCloseTo(0.001);
    expect(cost.expected(0)).toBeLessThan(0.001);
  });

  it('is never too little for a run with a fixed part, once the smallest size is known', () => {
    const size = fc.integer({ min: 1, max: 1_000_000 });
    const model = fc.record({
      fixed: fc.double({ min: 1e-6, max: 1, noNaN: true }),
      each: fc.double({ min: 0, max: 1e-3, noNaN: true }),
    });
    fc.assert(
      fc.property(
        fc.array(size, { maxLength: 20 }),
        size,
        model,
        (seen, asked, { fixed, each }) => {
          const seconds = (elements: number) => fixed + each * elements;
          const cost = new RunCost();
          for (const each of [1, ...seen.filter((each) => each <= asked)]) {
            cost.learn(each, seconds(each));
          }
          expect(cost.expected(asked)).toBeGreaterThanOrEqual(seconds(asked) * (1 - 1e-9));
        },
      ),
    );
  });
});
