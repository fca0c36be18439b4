import { describe, expect, it } from 'vitest';
import { drawHistogram } from '../../src/cli/histogram.ts';

const buckets = [
  { from: 0.794328, to: 1, count: 80 },
  { from: 1, to: 1.258925, count: 33 },
  { from: 1.258925, to: 1.584893, count: 0 },
  { from: 1.584893, to: 1.995262, count: 1 },
];

describe('a histogram on a terminal', () => {
  it('has a line for each bucket, with its bounds, a bar and a count, and none is wider than asked', () => {
    const lines = drawHistogram(buckets, 38);
    expect(lines).toEqual([
      '0.794 – 1.00 ██████████████████████ 80',
      ' 1.00 – 1.26 █████████▏ 33',
      ' 1.26 – 1.58 0',
      ' 1.58 – 2.00 ▎ 1',
    ]);
    expect(Math.max(...lines.map((line) => line.length))).toBe(38);
  });

  it('shows whatever is not nothing, however little it is and however little room there is', () => {
    const rare = { from: 1000, to: 3162.27766, count: 1 };
    expect(drawHistogram([{ from: 316.227766, to: 1000, count: 1_000_000 }, rare], 10)).toEqual([
      ' 316 – 1000 █ 1000000',
      '1000 – 3160 ▏ 1',
    ]);
  });

  it('tells bounds apart from a microsecond on', () => {
    const first = { from: 0.001, to: 0.00125892, count: 1 };
    expect(drawHistogram([first], 30)).toEqual(['0.00100 – 0.00126 ██████████ 1']);
  });
});
