import { describe, expect, it } from 'vitest';
import { formatMetrics } from '../../src/metrics/client.ts';
import { Counter, Gauge, Histogram } from '../../src/metrics/family.ts';

describe('exposition', () => {
  it('writes buckets that rise to +Inf, with the count and the sum', async () => {
    const histogram = new Histogram({ name: 'h_seconds', help: 'H.', labels: [], bounds: [1, 2] });
    for (const value of [0.5, 1, 1.5, 9]) histogram.cell().observe(value);
    expect(await formatMetrics([histogram.snapshot()], 'text')).toBe(
      [
        '# HELP h_seconds H.',
        '# TYPE h_seconds histogram',
        'h_seconds_bucket{le="1"} 2',
        'h_seconds_bucket{le="2"} 3',
        'h_seconds_bucket{le="+Inf"} 4',
        'h_seconds_sum 12',
        'h_seconds_count 4',
        '',
      ].join('\n'),
    );
  });

  it('escapes what a label may hold', async () => {
    const gauge = new Gauge({ name: 'g', help: 'A\nB\\', labels: ['l'] });
    gauge.cell('a"b\\c\nd').set(-0.5);
    expect(await formatMetrics([gauge.snapshot()], 'text')).toBe(
      '# HELP g A\\nB\\\\\n# TYPE g gauge\ng{l="a\\"b\\\\c\\nd"} -0.5\n',
    );
  });

  it('names a counter as each format wants it', async () => {
    const counter = new Counter({ name: 'c_total', help: 'C.', labels: [] });
    counter.cell().add(3);
    expect(await formatMetrics([counter.snapshot()], 'text')).toBe(
      '# HELP c_total C.\n# TYPE c_total counter\nc_total 3\n',
    );
    expect(await formatMetrics([counter.snapshot()], 'openmetrics')).toBe(
      '# HELP c C.\n# TYPE c counter\nc_total 3\n# EOF\n',
    );
    expect(counter.name).toBe('c_total');
  });
});

describe('cells', () => {
  it('are the same for the same label values, whatever these hold', () => {
    const counter = new Counter({ name: 'c_total', help: 'C.', labels: ['a', 'b'] });
    counter.cell('x,b:y', 'z').add(1);
    counter.cell('x', 'y,z').add(10);
    counter.cell('x,b:y', 'z').add(1);
    expect(counter.snapshot().series).toEqual([
      { labels: { a: 'x,b:y', b: 'z' }, value: 2 },
      { labels: { a: 'x', b: 'y,z' }, value: 10 },
    ]);
  });

  it('are refused with the wrong number of labels', () => {
    const counter = new Counter({ name: 'c_total', help: 'C.', labels: ['a'] });
    expect(() => counter.cell()).toThrow('c_total takes a, got 0 values');
  });
});
