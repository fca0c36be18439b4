import { describe, expect, it } from 'vitest';
import { createCatalog } from '../../src/metrics/catalog.ts';
import { type Pack, Packs, packSeries, unpackSeries } from '../../src/metrics/packs.ts';
import { type TotalSeries, Totals } from '../../src/metrics/totals.ts';

/** What an isolate counts of two features of two models. */
function countBins(): TotalSeries[] {
  const { predictionFeatureBin, predictionRows } = createCatalog();
  for (const model of ['a', 'b']) {
    for (const feature of ['x', 'y']) {
      for (const bin of ['1', '+Inf']) predictionFeatureBin.cell(model, '1', feature, bin).add(2);
    }
    predictionRows.cell(model, '1').add(4);
  }
  return new Totals().add([predictionFeatureBin.take(), predictionRows.take()], 7).changed;
}

const packsOf = (packs: Packs, series: readonly TotalSeries[]) =>
  new Set(series.map((each) => packs.add(each)).filter((pack) => pack !== undefined));

describe('packs', () => {
  it('hold the bins of a model together, and leave alone what is not of bins', () => {
    const packs = new Packs();
    const series = countBins();
    expect([...packsOf(packs, series)].map(({ labels, series }) => [labels, series.size])).toEqual([
      [{ model: 'a', version: '1' }, 4],
      [{ model: 'b', version: '1' }, 4],
    ]);
    expect(series.filter((each) => !packs.add(each)).map(({ name }) => name)).toEqual([
      'prediction_rows_total',
      'prediction_rows_total',
    ]);
  });

  it('come back from text as they were', () => {
    const series = countBins().filter(({ name }) => name === 'prediction_feature_bin_total');
    const stored = [...packsOf(new Packs(), series)].map(
      (pack) => [pack, packSeries(pack)] as const,
    );
    const back = stored.flatMap(([{ name, labels }, text]) => [
      ...unpackSeries(name, labels, text),
    ]);
    expect(back).toEqual(series.map((each) => ({ ...each, exemplars: [] })));
    expect(new Totals(back).snapshot()).toEqual(new Totals(series).snapshot());
  });

  it('lose a series that is removed, and are empty when all have been', () => {
    const packs = new Packs();
    const series = countBins().filter(({ labels }) => labels.feature !== undefined);
    packsOf(packs, series);
    const left = series.slice(0, 4).map((each) => (packs.remove(each) as Pack).series.size);
    expect(left).toEqual([3, 2, 1, 0]);
    const [first] = series as [TotalSeries];
    expect(packs.add({ ...first, value: 1 })?.series.size).toBe(1);
  });
});
