import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { quantileBins } from '../../src/cli/quantile-bins.ts';
import { readGolden } from '../helpers/golden.ts';

const column = (model: Parameters<typeof readGolden>[0], index: number) =>
  readGolden(model).rows.map((row) => row[index] ?? Number.NaN);

describe('bins by quantiles', () => {
  it('have edges that occur, and the shares of the rows between them', () => {
    // Of eight values the quarters end with the 2nd, 4th and 6th.
    expect(quantileBins([8, 1, 5, 2, 7, 3, 6, 4], 4)).toEqual({
      edges: [2, 4, 6],
      shares: [0.25, 0.25, 0.25, 0.25],
      missing: 0,
    });
    // Of seven the 1.75th, 3.5th and 5.25th are the 2nd, 4th and 6th that occur.
    expect(quantileBins([7, 1, 5, 2, 6, 3, 4], 4)?.edges).toEqual([2, 4, 6]);
    expect(quantileBins([3, 1, 2], 2)).toEqual({ edges: [2], shares: [2 / 3, 1 / 3], missing: 0 });
  });

  it('keep an edge once, and the largest value not at all', () => {
    // The quarters of ten end with the 3rd, 5th and 8th.
    expect(quantileBins([2, 2, 0, 0, 0, 0, 0, 2, 2, 2], 4)).toEqual({
      edges: [0],
      shares: [0.5, 0.5],
      missing: 0,
    });
  });

  it('end below the largest value where nearly all have that', () => {
    const mostly = [...Array.from({ length: 19 }, () => 5), 1];
    expect(quantileBins(mostly, 10)).toEqual({ edges: [1], shares: [0.05, 0.95], missing: 0 });
    expect(quantileBins([4, 4, 4], 10)).toEqual({ edges: [4], shares: [1, 0], missing: 0 });
    expect(quantileBins([4], 2)).toEqual({ edges: [4], shares: [1, 0], missing: 0 });
  });

  it('count rows that miss the value among all rows', () => {
    expect(quantileBins([Number.NaN, 2, Number.NaN, 1], 2)).toEqual({
      edges: [1],
      shares: [0.25, 0.25],
      missing: 0.5,
    });
    expect(quantileBins([Number.NaN], 2)).toBeUndefined();
    expect(quantileBins([], 2)).toBeUndefined();
  });

  // What `bins` in model/train.py says of these columns.
  it.each([
    ['diabetes', 1, [1], [61, 50]],
    ['diabetes', 7, [3, 4, 4.55, 5, 6], [40, 34, 4, 19, 9, 5]],
    ['diabetes', 0, [29, 36, 41, 47, 52, 55, 58, 61, 66], [12, 14, 10, 10, 11, 11, 11, 10, 12, 10]],
    ['digits', 0, [0], [150, 0]],
    ['digits', 1, [0, 1], [128, 12, 10]],
    // Of 150 rows three tenths are a bit more than 45, as 0.1 + 0.2 is a bit more than 0.3.
    ['digits', 2, [0, 1, 2, 3, 5, 6, 7, 10, 12], [25, 11, 13, 13, 21, 13, 12, 21, 6, 15]],
  ] as const)('are those that the shipped cards were made with: %s, column %i', (...given) => {
    const [model, index, edges, counts] = given;
    const values = column(model, index);
    const shares = counts.map((count) => count / values.length);
    expect(quantileBins(values, 10)).toEqual({ edges, shares, missing: 0 });
  });

  it('cover every row once, with edges that rise', () => {
    const value = fc.oneof(fc.double({ noDefaultInfinity: true }), fc.integer({ min: -3, max: 3 }));
    fc.assert(
      fc.property(
        fc.array(value, { minLength: 1 }),
        fc.integer({ min: 2, max: 20 }),
        (all, bins) => {
          const found = quantileBins(all, bins);
          if (!found) return expect(all.every(Number.isNaN)).toBe(true);
          const { edges, shares, missing } = found;
          expect(edges.length).toBeLessThan(bins);
          expect(edges.length).toBeGreaterThan(0);
          expect(shares).toHaveLength(edges.length + 1);
          expect(edges.slice(1).every((edge, i) => edge > (edges[i] as number))).toBe(true);
          expect(edges.every((edge) => all.includes(edge))).toBe(true);
          expect(missing * all.length).toBeCloseTo(all.filter(Number.isNaN).length, 9);
          shares.forEach((share, i) => {
            const [low = -Infinity, high = Infinity] = [edges[i - 1], edges[i]];
            const inside = all.filter((each) => each > low && each <= high).length;
            expect(share).toBe(inside / all.length);
          });
        },
      ),
    );
  });
});
