import { describe, expect, it } from 'vitest';
import { createCatalog } from '../../src/metrics/catalog.ts';
import { type TotalSeries, Totals } from '../../src/metrics/totals.ts';

const HOUR = 3_600_000;

describe('totals', () => {
  it('add up counters and histograms, and take the last word on a gauge', () => {
    const totals = new Totals();
    for (const [count, load] of [
      [2, 0.5],
      [3, 0.25],
    ] as const) {
      const { predictionRows, modelLoadTime, predictionTime } = createCatalog();
      predictionRows.cell('m', '1').add(count);
      modelLoadTime.cell('m', '1').set(load);
      for (let i = 0; i < count; i++) predictionTime.cell('m', '1').observe(0.01);
      totals.add([predictionRows.take(), modelLoadTime.take(), predictionTime.take()], 1);
    }
    const byName = new Map(totals.snapshot().map((family) => [family.name, family.series]));
    const labels = { model: 'm', version: '1' };
    expect(byName.get('prediction_rows_total')).toEqual([{ labels, value: 5 }]);
    expect(byName.get('model_load_time_seconds')).toEqual([{ labels, value: 0.25 }]);
    expect(byName.get('prediction_time_seconds')).toEqual([
      expect.objectContaining({ labels, sum: expect.closeTo(0.05, 9) }),
    ]);
  });

  it('go on from what was kept', () => {
    const { predictionTime } = createCatalog();
    const kept = new Map<string, TotalSeries>();
    const keep = (changed: readonly TotalSeries[]) => {
      for (const series of changed) kept.set(series.name, structuredClone(series));
    };
    predictionTime.cell('m', '1').observe(1);
    keep(new Totals().add([predictionTime.take()], 1).changed);
    predictionTime.cell('m', '1').observe(2);
    const second = new Totals(kept.values());
    keep(second.add([predictionTime.take()], 2).changed);
    expect(kept.get('prediction_time_seconds')).toMatchObject({ sum: 3, seen: 2 });
    expect(kept.get('prediction_time_seconds')?.counts.reduce((a, b) => a + b)).toBe(2);
  });

  it('give out to be kept what has changed, and now and then that a gauge is still reported', () => {
    const totals = new Totals();
    const report = (rows: number, share: number, now: number) => {
      const { predictionRows, predictionFeatureReference } = createCatalog();
      predictionRows.cell('m', '1').add(rows);
      predictionFeatureReference.cell('m', '1', 'x', '1').set(share);
      const { changed } = totals.add(
        [predictionRows.take(), predictionFeatureReference.take()],
        now,
      );
      return changed.map(({ name }) => name);
    };
    const both = ['prediction_rows_total', 'prediction_feature_reference_ratio'];
    // New ones are kept even at zero.
    expect(report(0, 0, 0)).toEqual(both);
    expect(report(0, 0, 1)).toEqual([]);
    expect(report(3, 0, 2)).toEqual(['prediction_rows_total']);
    expect(report(0, 0.5, 3)).toEqual(['prediction_feature_reference_ratio']);
    expect(report(0, 0.5, 3 + 599_999)).toEqual([]);
    expect(report(0, 0.5, 3 + 600_000)).toEqual(['prediction_feature_reference_ratio']);
    expect(report(0, 0.5, 4 + 600_000)).toEqual([]);
  });

  it('refuse families and buckets that the catalogue does not have', () => {
    const totals = new Totals();
    const series = [
      { labels: { model: 'm', version: '1' }, counts: [1, 1], sum: 2, exemplars: [] },
    ];
    const unknown = { type: 'counter' as const, name: 'x_total', help: 'X.', series: [] };
    const coarse = {
      type: 'histogram' as const,
      name: 'prediction_time_seconds',
      help: '',
      bounds: [1],
      series,
    };
    expect(totals.add([unknown, coarse], 1)).toEqual({ changed: [], refused: 2 });
    expect(totals.snapshot()).toEqual([]);
  });

  it('do not go on from what the catalogue does not have any more', () => {
    const kept = { labels: {}, value: 1, sum: 0, seen: 0, exemplars: [] };
    const totals = new Totals([
      { ...kept, name: 'gone_total', counts: [] },
      { ...kept, name: 'prediction_time_seconds', counts: [1, 2, 3] },
      { ...kept, name: 'prediction_rows_total', counts: [] },
    ]);
    expect(totals.snapshot().map(({ name }) => name)).toEqual(['prediction_rows_total']);
  });

  it('let go of a gauge that nobody reports while others are reported', () => {
    const totals = new Totals();
    const report = (version: string, now: number) => {
      const { modelInfo } = createCatalog();
      modelInfo.cell('m', version, 'x', 'wasm').set(1);
      totals.add([modelInfo.take()], now);
    };
    report('1', 0);
    report('2', HOUR);
    expect(totals.expire()).toEqual([]);
    report('2', HOUR + 1);
    expect(totals.expire().map(({ labels }) => labels.version)).toEqual(['1']);
    expect(totals.expire()).toEqual([]);
  });

  it('keep every gauge while nothing is reported at all', () => {
    const totals = new Totals();
    const { modelInfo } = createCatalog();
    modelInfo.cell('m', '1', 'x', 'wasm').set(1);
    totals.add([modelInfo.take()], 0);
    expect(totals.expire()).toEqual([]);
  });
});
