import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Datatype, Tensor, TensorData } from '../../src/inference/tensor.ts';
import { DATATYPES } from '../../src/inference/tensor.ts';
import type { DriftReference, LoadedModel } from '../../src/inference/types.ts';
import { type Catalog, createCatalog } from '../../src/metrics/catalog.ts';
import { DriftCounters, type DriftOptions } from '../../src/metrics/drift.ts';

const EVERYTHING: DriftOptions = {
  maxFeatures: 100,
  sample: 1,
  random: () => {
    throw new Error('where every row is counted nothing is left to chance');
  },
};

function createBench(options: Partial<DriftOptions> = {}) {
  const catalog = createCatalog();
  return { catalog, drift: new DriftCounters(catalog, { ...EVERYTHING, ...options }) };
}

/** A feature for each list of edges, all of a row; shares are of no interest. */
function reference(edges: readonly (readonly number[])[], datatype: Datatype = 'FP32') {
  const features = edges.map((edges, column) => {
    const shares = Array.from({ length: edges.length + 1 }, () => 1 / (edges.length + 1));
    return { name: `f${column}`, column, edges, shares, missing: 0, datatype };
  });
  const drift = { features, width: edges.length, classes: {}, predictions: undefined };
  return drift satisfies DriftReference;
}

function model(drift: DriftReference | undefined, version = '1'): LoadedModel {
  return { name: 'm', version, sha256: 'x', loadSeconds: 0, labels: [], drift };
}

function rows(width: number, data: TensorData, datatype: Datatype = 'FP32'): Tensor {
  return { name: 'x', datatype, shape: [data.length / width, width], data };
}

const meet = (drift: DriftCounters, tensor: Tensor, version = '1') =>
  drift.accepted({ model: 'm', version, inputs: [tensor] });

/** The values of a family's series, by the values of their labels behind model and version. */
function read(family: Catalog['predictionFeatureBin'] | Catalog['predictionFeatureReference']) {
  return Object.fromEntries(
    family
      .snapshot()
      .series.map(({ labels, value }) => [Object.values(labels).slice(2).join(' '), value]),
  );
}

/** The place of a value among bins by the definition, without any search. */
function binOf(value: number, edges: readonly number[]): number {
  return Number.isNaN(value) ? edges.length + 1 : edges.filter((edge) => value > edge).length;
}

const SUBNORMAL = 5e-324;
const SPECIAL = [0, -0, Infinity, -Infinity, NaN, SUBNORMAL, -SUBNORMAL, 1e-45, 1e300, -1e300, 0.1];
const edgeValues = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.constantFrom(0, 1, 0.1, 1e-45, SUBNORMAL, 1e300),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(Math.fround).filter(Number.isFinite),
);
const edgeList = (minLength: number, maxLength: number) =>
  fc
    .uniqueArray(edgeValues, { minLength, maxLength, comparator: (a, b) => a === b })
    .map((edges) => edges.map((edge) => edge + 0).sort((a, b) => a - b));
/** As many as usual, and more. */
const edgeLists = fc.oneof({ weight: 4, arbitrary: edgeList(1, 15) }, edgeList(16, 40));

/** What 16 bits mean as IEEE 754 half precision. */
function half(bits: number): number {
  const [exponent, fraction] = [(bits >> 10) & 31, bits & 1023];
  const sign = bits >> 15 ? -1 : 1;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (exponent ? 2 ** (exponent - 25) * (1024 + fraction) : 2 ** -24 * fraction);
}

/** Arrays of a type, with the numbers that they hold. */
function arrays(datatype: Exclude<Datatype, 'BYTES'>, length: number, edges: readonly number[]) {
  const Data = DATATYPES[datatype];
  const bytes = length * Data.BYTES_PER_ELEMENT;
  const anything = fc
    .uint8Array({ minLength: bytes, maxLength: bytes })
    .map((raw) => new Data(raw.slice().buffer));
  const float = datatype === 'FP32' || datatype === 'FP64';
  const chosen = fc
    .array(fc.oneof(fc.constantFrom(...edges, ...SPECIAL), fc.double()), {
      minLength: length,
      maxLength: length,
    })
    .map((values) => (datatype === 'FP64' ? Float64Array : Float32Array).from(values));
  return fc.oneof(anything, ...(float ? [chosen] : [])).map((data: TensorData) => ({
    data,
    numbers: Array.from({ length }, (_, i) =>
      datatype === 'FP16' ? half(Number(data[i])) : Number(data[i]),
    ),
  }));
}

const types = Object.keys(DATATYPES).filter((type): type is Exclude<Datatype, 'BYTES'> => {
  return type !== 'BYTES';
});
const cases = fc
  .record({
    datatype: fc.constantFrom(...types),
    edges: fc.array(edgeLists, { minLength: 1, maxLength: 6 }),
    batches: fc.array(fc.nat(5), { maxLength: 5 }),
  })
  .chain(({ datatype, edges, batches }) =>
    fc.record({
      datatype: fc.constant(datatype),
      edges: fc.constant(edges),
      batches: fc.tuple(
        ...batches.map((count) => arrays(datatype, count * edges.length, edges.flat())),
      ),
      left: fc.array(fc.boolean(), { minLength: edges.length, maxLength: edges.length }),
    }),
  );

describe('counting values by bins', () => {
  it('counts every value once, in the bin that it is in, whatever its type', () => {
    fc.assert(
      fc.property(cases, ({ datatype, edges, batches, left }) => {
        const { catalog, drift } = createBench();
        const all = reference(edges, datatype);
        const features = all.features.filter((_, column) => !left[column]);
        drift.loaded(model({ ...all, features }));
        const width = edges.length;
        for (const { data } of batches) meet(drift, rows(width, data, datatype));
        const numbers = batches.flatMap((batch) => batch.numbers);
        const expected = features.flatMap(({ column, edges }) => {
          const bins = numbers
            .filter((_, at) => at % width === column)
            .map((value) => binOf(value, edges));
          return Array.from({ length: edges.length + 2 }, (_, bin) => {
            return bins.filter((each) => each === bin).length;
          });
        });
        const counted = catalog.predictionFeatureBin.snapshot().series.map(({ value }) => value);
        expect(counted).toEqual(expected);
        const total = counted.reduce((sum, count) => sum + count, 0);
        expect(total).toBe((numbers.length / width) * features.length);
        const bins = catalog.predictionFeatureBin.snapshot().series.map(({ labels }) => labels.bin);
        expect(bins.filter((bin) => bin === 'missing')).toHaveLength(features.length);
      }),
      { numRuns: 500 },
    );
  });

  it('puts a value on an edge below it, and what is missing into a bin of its own', () => {
    const { catalog, drift } = createBench();
    drift.loaded(model(reference([[Math.fround(0.1), 1, 10]])));
    const values = [0.1, 0.1000001, 1, -0, 10, 10.000001, Infinity, -Infinity, 3e38, NaN, 1e-45];
    meet(drift, rows(1, Float32Array.from(values)));
    expect(read(catalog.predictionFeatureBin)).toEqual({
      'f0 0.1': 4,
      'f0 1': 2,
      'f0 10': 1,
      'f0 +Inf': 3,
      'f0 missing': 1,
    });
  });

  it('compares a value in the precision that the model has it in', () => {
    // The FP32 next to 0.1 is above 0.1, the one next to 0.3 as well, and what a client sends as 0.1 is that one.
    const { catalog, drift } = createBench();
    drift.loaded(model(reference([[0.1]])));
    meet(drift, rows(1, Float32Array.of(0.1)));
    expect(read(catalog.predictionFeatureBin)).toMatchObject({ 'f0 0.1': 0, 'f0 +Inf': 1 });
    drift.loaded(model(reference([[0.1]], 'FP64'), '2'));
    meet(drift, rows(1, Float64Array.of(0.1), 'FP64'), '2');
    expect(catalog.predictionFeatureBin.cell('m', '2', 'f0', '0.1').value).toBe(0);
    catalog.predictionFeatureBin.snapshot();
    expect(catalog.predictionFeatureBin.cell('m', '2', 'f0', '0.1').value).toBe(1);
  });

  it('hands over what it has counted before it is read, and not twice', () => {
    const { catalog, drift } = createBench();
    drift.loaded(model(reference([[1]])));
    const names = () => {
      const { series } = catalog.predictionFeatureBin.take();
      return series.map(({ labels, value }) => [labels.bin, value]);
    };
    expect(names()).toEqual([
      ['1', 0],
      ['+Inf', 0],
      ['missing', 0],
    ]);
    meet(drift, rows(1, Float32Array.of(0, 0, 2)));
    expect(names()).toEqual([
      ['1', 2],
      ['+Inf', 1],
    ]);
    meet(drift, rows(1, Float32Array.of(2)));
    expect(names()).toEqual([['+Inf', 1]]);
    expect(names()).toEqual([]);
  });

  it('counts neither text, nor rows of another length, nor models that it knows nothing of', () => {
    const { catalog, drift } = createBench();
    drift.loaded(model(reference([[1], [1]])));
    drift.loaded(model(undefined, '2'));
    meet(drift, rows(2, ['a', 'b'], 'BYTES'));
    meet(drift, rows(3, Float32Array.of(1, 2, 3)));
    meet(drift, { name: 'x', datatype: 'FP32', shape: [], data: Float32Array.of(1) });
    meet(drift, rows(2, Float32Array.of(1, 2)), '2');
    meet(drift, rows(2, Float32Array.of(1, 2)), '3');
    drift.accepted({ model: 'm', version: '1', inputs: [] });
    expect(Object.values(read(catalog.predictionFeatureBin))).toEqual([0, 0, 0, 0, 0, 0]);
  });

  it('counts the first features of the card, and says how many it leaves out', () => {
    const { catalog, drift } = createBench({ maxFeatures: 2 });
    drift.loaded(model(reference([[1], [2], [3]])));
    drift.loaded({ ...model(reference([[1]])), name: 'small' });
    meet(drift, rows(3, Float32Array.of(0, 0, 0)));
    const counted = catalog.predictionFeatureBin
      .snapshot()
      .series.flatMap(({ labels, value }) => (value > 0 ? [[labels.feature, labels.bin]] : []));
    expect(counted).toEqual([
      ['f0', '1'],
      ['f1', '2'],
    ]);
    const leftOut = catalog.predictionFeaturesLeftOut.snapshot().series;
    expect(leftOut.map(({ labels, value }) => [labels.model, value])).toEqual([
      ['m', 1],
      ['small', 0],
    ]);
  });
});

describe('the shares of training', () => {
  const bins = {
    edges: [1, 2],
    shares: [0.5, 0.25, 0.125],
    missing: 0.125,
    datatype: 'FP64' as const,
  };
  const drift: DriftReference = {
    features: [{ ...bins, name: 'age', column: 0 }],
    width: 1,
    classes: { yes: 0.75, no: 0.25 },
    predictions: { ...bins, output: 'y' },
  };

  it('are shown as long as the model is loaded', () => {
    const { catalog, drift: counters } = createBench();
    counters.loaded(model(drift));
    const shares = { '1': 0.5, '2': 0.25, '+Inf': 0.125, missing: 0.125 };
    const named = Object.entries(shares).map(([bin, share]) => [`age ${bin}`, share]);
    expect(read(catalog.predictionFeatureReference)).toEqual(Object.fromEntries(named));
    expect(read(catalog.predictionOutputReference)).toEqual(shares);
    expect(read(catalog.predictionClassReference)).toEqual({ yes: 0.75, no: 0.25 });

    counters.unloaded(model(drift));
    for (const family of [
      catalog.predictionFeatureReference,
      catalog.predictionOutputReference,
      catalog.predictionClassReference,
      catalog.predictionFeaturesLeftOut,
    ]) {
      expect(family.snapshot().series).toEqual([]);
    }
    // A request that still has it is counted, and counters stay.
    meet(counters, rows(1, Float64Array.of(7), 'FP64'));
    expect(read(catalog.predictionFeatureBin)).toMatchObject({ 'age +Inf': 1 });
  });

  it('are those of the new card after a reload, and counts go on by its bins', () => {
    const { catalog, drift: counters } = createBench();
    counters.loaded(model(reference([[1], [1]])));
    meet(counters, rows(2, Float32Array.of(0, 0)));
    counters.unloaded(model(reference([[1], [1]])));
    counters.loaded(model(reference([[1], [5]])));
    meet(counters, rows(2, Float32Array.of(0, 3)));
    expect(Object.keys(read(catalog.predictionFeatureReference))).toEqual([
      'f0 1',
      'f0 +Inf',
      'f0 missing',
      'f1 5',
      'f1 +Inf',
      'f1 missing',
    ]);
    expect(read(catalog.predictionFeatureBin)).toMatchObject({ 'f0 1': 2, 'f1 1': 1, 'f1 5': 1 });
  });

  it('come with counts of predictions, where a run was asked for them', () => {
    const { catalog, drift: counters } = createBench();
    counters.loaded(model(drift));
    const ran = (outputs: readonly Tensor[] | undefined, count: number) =>
      counters.ran({ model: 'm', version: '1', rows: count, seconds: 0, outputs });
    const y = (shape: number[], ...values: number[]): Tensor => {
      return { name: 'y', datatype: 'FP64', shape, data: Float64Array.from(values) };
    };
    ran([{ ...y([2], 9, 9), name: 'z' }, y([2, 1], 0.5, 1.5)], 2);
    ran([y([3], 2, NaN, 7)], 3);
    // Not asked for, several values a row, and an output that has no rows.
    ran(undefined, 1);
    ran([{ ...y([1], 9), name: 'z' }], 1);
    ran([y([1, 2], 9, 9)], 1);
    ran([y([1], 9)], 2);
    expect(read(catalog.predictionOutputBin)).toEqual({ '1': 1, '2': 2, '+Inf': 1, missing: 1 });
  });
});

describe('the names of bins', () => {
  const names = (edges: readonly number[], datatype: Datatype) => {
    const { catalog, drift } = createBench();
    drift.loaded(model(reference([edges], datatype)));
    return Object.keys(read(catalog.predictionFeatureBin)).map((name) => name.slice(3));
  };

  it('are the upper edges, as short as the precision of the model lets them be', () => {
    const edges = [-1e-45, 1e-7, 0.1, 13.08, 16777216, 1e30].map(Math.fround);
    expect(names(edges, 'FP32').slice(0, -2)).toEqual([
      '-1e-45',
      '1e-7',
      '0.1',
      '13.08',
      '16777216',
      '1e+30',
    ]);
    expect(names([Math.fround(13.08)], 'FP64')).toEqual(['13.079999923706055', '+Inf', 'missing']);
  });

  it('differ, whatever the edges are', () => {
    expect(names([0.1, Math.fround(0.1)], 'FP32')).toEqual([
      '0.1',
      '0.10000000149011612',
      '+Inf',
      'missing',
    ]);
    fc.assert(
      fc.property(edgeLists, fc.constantFrom(...types), (edges, datatype) => {
        const all = names(edges, datatype);
        expect(new Set(all).size).toBe(edges.length + 2);
        // Each says its edge, be it to those who read it in the model's own precision.
        edges.forEach((edge, i) => {
          const meaning = [
            Number(all[i]),
            ...(datatype === 'FP32' ? [Math.fround(Number(all[i]))] : []),
          ];
          expect(meaning.some((value) => value === edge)).toBe(true);
        });
      }),
    );
  });
});

/** A generator of its own for every test, from 0 up to but not including 1 (Park and Miller's). */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return (state - 1) / 2_147_483_646;
  };
}

describe('a sample of the rows', () => {
  /** Rows of two features; the first tells which of `places` a row is, the second is above its only edge. */
  function sampled(sample: number, count: number, batch: number, places: number, seed = 42) {
    const { catalog, drift } = createBench({ sample, random: createRandom(seed) });
    const edges = Array.from({ length: places - 1 }, (_, i) => i);
    drift.loaded(model(reference([edges, [0]])));
    for (let first = 0; first < count; first += batch) {
      const size = Math.min(batch, count - first);
      const data = Float32Array.from({ length: 2 * size }, (_, i) =>
        i % 2 ? 1 : (first + (i >> 1)) % places,
      );
      meet(drift, rows(2, data));
    }
    const counts = read(catalog.predictionFeatureBin);
    const total = counts['f1 +Inf'] ?? 0;
    return { total, byPlace: Object.values(counts).slice(0, places) };
  }

  /** Four standard deviations of a count of independent rows. */
  const tolerance = (count: number, share: number) => 4 * Math.sqrt(count * share * (1 - share));

  it.each([0.5, 0.1, 0.01, 0.0003])('of %f is of that size, and every row as likely', (share) => {
    const count = 400_000;
    const { total, byPlace } = sampled(share, count, 7, 5);
    expect(Math.abs(total - count * share)).toBeLessThan(tolerance(count, share));
    for (const counted of byPlace) {
      const expected = (count / 5) * share;
      expect(Math.abs(counted - expected)).toBeLessThan(tolerance(count / 5, share));
    }
  });

  it('takes rows whole: every feature has as many', () => {
    const { total, byPlace } = sampled(0.2, 10_000, 64, 4);
    expect(byPlace.reduce((sum, counted) => sum + counted)).toBe(total);
  });

  it('does not depend on how rows come in requests', () => {
    const alone = sampled(0.1, 5000, 1, 3);
    for (const batch of [2, 17, 1000, 5000]) expect(sampled(0.1, 5000, batch, 3)).toEqual(alone);
  });

  it('takes neighbours as often as rows that are far apart', () => {
    // Of pairs of neighbours both are chosen with the square of the share.
    const [share, count] = [0.3, 200_000];
    const { catalog, drift } = createBench({ sample: share, random: createRandom(7) });
    drift.loaded(model(reference([[0]])));
    const cell = catalog.predictionFeatureBin.cell('m', '1', 'f0', '+Inf');
    let [pairs, before] = [0, false];
    for (let row = 0; row < count; row++) {
      const known = cell.value;
      meet(drift, rows(1, Float32Array.of(1)));
      catalog.predictionFeatureBin.snapshot();
      const chosen = cell.value > known;
      if (chosen && before) pairs++;
      before = chosen;
    }
    expect(Math.abs(pairs - count * share ** 2)).toBeLessThan(2 * tolerance(count, share ** 2));
  });

  it('draws a number for each row that it takes, and none for the others', () => {
    let drawn = 0;
    const random = createRandom(3);
    const draw = () => {
      drawn++;
      return random();
    };
    const { catalog, drift } = createBench({ sample: 0.01, random: draw });
    drift.loaded(model(reference([[0]])));
    expect(drawn).toBe(0);
    meet(drift, rows(1, new Float32Array(10_000)));
    expect(drawn).toBe((read(catalog.predictionFeatureBin)['f0 0'] ?? 0) + 1);
  });

  it('is of predictions as well', () => {
    const { catalog, drift } = createBench({ sample: 0.25, random: createRandom(5) });
    const bins = { edges: [0], shares: [0.5, 0.5], missing: 0, datatype: 'FP32' as const };
    drift.loaded(model({ ...reference([]), predictions: { ...bins, output: 'y' } }));
    const outputs = [{ ...rows(1, new Float32Array(1000)), name: 'y' }];
    for (let i = 0; i < 100; i++) {
      drift.ran({ model: 'm', version: '1', rows: 1000, seconds: 0, outputs });
    }
    const { '0': counted = 0 } = read(catalog.predictionOutputBin);
    expect(Math.abs(counted - 25_000)).toBeLessThan(tolerance(100_000, 0.25));
  });
});
