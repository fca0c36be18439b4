import { uncompress } from 'snappyjs';
import { describe, expect, it } from 'vitest';
import { Counter, Gauge, Histogram } from '../../src/metrics/family.ts';
import { encodeBatches } from '../../src/remote-write/encode.ts';
import { SeriesTracker, STALE, toSamples } from '../../src/remote-write/series.ts';

const TIME = 1_700_000_000_000;

describe('samples of a snapshot', () => {
  it('carry every label in order, the common ones too, and none that is empty', () => {
    const counter = new Counter({ name: 'c_total', help: 'C.', labels: ['zone', 'Area', 'job'] });
    counter.cell('z', '', 'own').add(2);
    expect(toSamples([counter.snapshot()], { job: 'kilat', instance: 'i' }, TIME)).toEqual([
      {
        labels: [
          ['__name__', 'c_total'],
          ['instance', 'i'],
          ['job', 'own'],
          ['zone', 'z'],
        ],
        value: 2,
        timestamp: TIME,
      },
    ]);
  });

  it('put capitals before the name, as Prometheus sorts', () => {
    const gauge = new Gauge({ name: 'g', help: 'G.', labels: ['Area', 'b'] });
    gauge.cell('x', 'y').set(1);
    const [sample] = toSamples([gauge.snapshot()], {}, TIME);
    expect(sample?.labels.map(([name]) => name)).toEqual(['Area', '__name__', 'b']);
  });

  it('make a histogram into the series that a scrape makes of it', () => {
    const histogram = new Histogram({ name: 'h', help: 'H.', labels: [], bounds: [0.001, 10] });
    for (const value of [0.0005, 0.001, 5, 50]) histogram.cell().observe(value);
    const samples = toSamples([histogram.snapshot()], {}, TIME);
    const flat = samples.map(({ labels, value }) => [labels.map((pair) => pair[1]).join(), value]);
    expect(flat).toEqual([
      ['h_bucket,0.001', 2],
      ['h_bucket,10', 3],
      ['h_bucket,+Inf', 4],
      ['h_sum', expect.closeTo(55.0015, 9)],
      ['h_count', 4],
    ]);
  });

  it('are refused under names that Prometheus does not allow', () => {
    const odd = new Gauge({ name: 'a-b', help: 'A.', labels: [] });
    odd.cell();
    expect(() => toSamples([odd.snapshot()], {}, TIME)).toThrow("'a-b' is no metric name");
    const label = new Gauge({ name: 'a', help: 'A.', labels: ['b-c'] });
    label.cell('x');
    expect(() => toSamples([label.snapshot()], {}, TIME)).toThrow("'b-c' is no label name");
  });
});

describe('the end of a series', () => {
  it('is marked once, when it is no longer there', () => {
    const gauge = new Gauge({ name: 'g', help: 'G.', labels: ['l'] });
    const tracker = new SeriesTracker();
    const update = (timestamp: number) =>
      tracker.update(toSamples([gauge.snapshot()], {}, timestamp), timestamp);
    gauge.cell('a').set(1);
    gauge.cell('b').set(1);
    expect(update(1)).toEqual([]);
    gauge.delete('a');
    expect(update(2)).toEqual([
      {
        labels: [
          ['__name__', 'g'],
          ['l', 'a'],
        ],
        value: STALE,
        timestamp: 2,
      },
    ]);
    expect(update(3)).toEqual([]);
  });

  it('is written with the bits that Prometheus looks for, and nothing else is', async () => {
    const labels = [['__name__', 'g']] as const;
    const [batch] = await encodeBatches(
      [
        { labels, value: 1, timestamp: TIME },
        { labels, value: STALE, timestamp: TIME + 1 },
        { labels, value: Number.POSITIVE_INFINITY, timestamp: TIME + 2 },
      ],
      10,
    );
    const message = Buffer.from(uncompress(batch?.body ?? new Uint8Array()));
    const bits = (hex: string) => message.toString('hex').split(hex).length - 1;
    expect(bits('09020000000000f07f')).toBe(1);
    expect(bits('09000000000000f87f')).toBe(0);
    expect(bits('09000000000000f07f')).toBe(1);
    expect(bits('09000000000000f03f')).toBe(1);
  });
});

describe('batches', () => {
  it('hold no more samples than a request may', async () => {
    const samples = Array.from({ length: 25 }, (_, i) => ({
      labels: [['__name__', `g${i}`]] as const,
      value: i,
      timestamp: TIME,
    }));
    const batches = await encodeBatches(samples, 10);
    expect(batches.map((batch) => batch.samples)).toEqual([10, 10, 5]);
    expect(await encodeBatches([], 10)).toEqual([]);
  });
});
