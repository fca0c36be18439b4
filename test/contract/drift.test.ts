import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { post, readGolden } from '../helpers/golden.ts';
import { binaryRequest } from '../helpers/open-inference.ts';
import { TARGET_NAMES, TARGETS, type Target } from '../helpers/targets.ts';

const bins = z.object({ edges: z.array(z.number()), shares: z.array(z.number()) });
const cards = z.object({
  features: z.array(z.object({ name: z.string() })),
  reference: z.object({
    features: z.record(z.string(), bins),
    classes: z.record(z.string(), z.number()).optional(),
    predictions: bins.optional(),
  }),
});

function readReference(model: string) {
  const { features, reference } = cards.parse(
    JSON.parse(readFileSync(`model/${model}/model.json`, 'utf8')),
  );
  return { names: features.map(({ name }) => name), ...reference };
}

/** How many values are in each bin, and then how many are none, counted by the definition of the card. */
function countByHand(values: readonly number[], edges: readonly number[]): number[] {
  const numbers = values.filter((value) => !Number.isNaN(value));
  const upTo = (edge: number) => numbers.filter((value) => value <= edge).length;
  const below = [...edges.map(upTo), numbers.length];
  const counts = below.map((count, i) => count - (below[i - 1] ?? 0));
  return [...counts, values.length - numbers.length];
}

/** The values of a metric's series for each feature (one without a name where it has none), bins rising. */
function readBins(text: string, metric: string, model: string): Record<string, number[]> {
  const series = new RegExp(
    `^${metric}\\{model="${model}",version="1",(?:feature="(.*?)",)?bin="(.*?)"\\} (.*)$`,
    'gm',
  );
  const place = (bin: string) =>
    bin === 'missing' ? Infinity : bin === '+Inf' ? 1e300 : Number(bin);
  const found = [...text.matchAll(series)].map(([, feature = '', bin = '', value]) => {
    return { feature, place: place(bin), value: Number(value) };
  });
  const byFeature = Map.groupBy(found, ({ feature }) => feature);
  return Object.fromEntries(
    [...byFeature].map(([feature, entries]) => {
      const rising = entries.toSorted((a, b) => a.place - b.place);
      return [feature, rising.map(({ value }) => value)];
    }),
  );
}

describe.each(TARGET_NAMES)('what models meet, in /metrics of the %s', (name) => {
  let target: Target;
  beforeAll(async () => {
    target = await TARGETS[name]();
  });
  afterAll(() => target.stop());

  const metrics = async () => {
    const headers = { 'Accept-Encoding': 'identity' };
    return (await target.fetch('/metrics', { headers })).text();
  };

  it('has every bin at zero before the first request, and the shares of training', async () => {
    const text = await metrics();
    for (const model of ['breast-cancer', 'diabetes']) {
      const { names, features } = readReference(model);
      const counted = readBins(text, 'prediction_feature_bin_total', model);
      const shares = readBins(text, 'prediction_feature_reference_ratio', model);
      expect(Object.keys(counted).sort()).toEqual(names.toSorted());
      for (const feature of names) {
        const expected = [...(features[feature]?.shares ?? []), 0];
        expect(counted[feature]).toEqual(expected.map(() => 0));
        expect(shares[feature]).toEqual(expected);
      }
    }
    const { classes } = readReference('breast-cancer');
    for (const [label, share] of Object.entries(classes ?? {})) {
      const series = `prediction_class_reference_ratio{model="breast-cancer",version="1",class="${label}"}`;
      expect(text).toContain(`${series} ${share}\n`);
    }
    expect(text).toContain('prediction_features_left_out{model="digits",version="1"} 32\n');
    const digits = readBins(text, 'prediction_feature_bin_total', 'digits');
    expect(Object.keys(digits).sort()).toEqual(readReference('digits').names.slice(0, 32).sort());
  });

  it('has every value of every accepted row in its bin', async () => {
    const { rows } = readGolden('breast-cancer');
    for (const [from, to] of [
      [0, 1],
      [1, 41],
      [41, 43],
    ]) {
      const response = await target.fetch(
        '/models/breast-cancer/predict',
        post({ instances: rows.slice(from, to) }),
      );
      expect(response.status).toBe(200);
    }
    // Refused, so not counted.
    const refused = await target.fetch('/models/breast-cancer/predict', post([[1, 2]]));
    expect(refused.status).toBe(400);

    const { names, features } = readReference('breast-cancer');
    const counted = readBins(await metrics(), 'prediction_feature_bin_total', 'breast-cancer');
    for (const [column, feature] of names.entries()) {
      const values = rows.slice(0, 43).map((row) => Math.fround(row[column] ?? Number.NaN));
      expect(counted[feature]).toEqual(countByHand(values, features[feature]?.edges ?? []));
    }
  });

  it('has the values and the predictions of a regressor', async () => {
    const { rows, value = [] } = readGolden('diabetes');
    const response = await target.fetch('/models/diabetes/predict', post({ instances: rows }));
    expect(response.status).toBe(200);
    const { names, features, predictions } = readReference('diabetes');
    const text = await metrics();
    const counted = readBins(text, 'prediction_feature_bin_total', 'diabetes');
    for (const [column, feature] of names.entries()) {
      const values = rows.map((row) => row[column] ?? Number.NaN);
      expect(counted[feature]).toEqual(countByHand(values, features[feature]?.edges ?? []));
    }
    expect(readBins(text, 'prediction_output_bin_total', 'diabetes')).toEqual({
      '': countByHand(value, predictions?.edges ?? []),
    });
    expect(readBins(text, 'prediction_output_reference_ratio', 'diabetes')).toEqual({
      '': [...(predictions?.shares ?? []), 0],
    });
  });

  it('has what bytes can carry and JSON cannot: no number, and infinities', async () => {
    const before = readBins(await metrics(), 'prediction_feature_bin_total', 'diabetes');
    const odd = [Number.NaN, Infinity, -Infinity, 1e308, 5e-324];
    const data = Float64Array.from({ length: 50 }, (_, i) => odd[Math.floor(i / 10)] ?? 0);
    const parameters = { binary_data_size: data.byteLength };
    const input = { name: 'features', datatype: 'FP64', shape: [5, 10], parameters };
    const response = await target.fetch(
      '/v2/models/diabetes/infer',
      binaryRequest({ inputs: [input] }, [new Uint8Array(data.buffer)]),
    );
    expect(response.status).toBe(200);
    const { names, features } = readReference('diabetes');
    const counted = readBins(await metrics(), 'prediction_feature_bin_total', 'diabetes');
    for (const feature of names) {
      const more = countByHand(odd, features[feature]?.edges ?? []);
      expect(counted[feature]).toEqual(more.map((count, i) => count + (before[feature]?.[i] ?? 0)));
      expect(more.at(-1)).toBe(1);
    }
  });
});

describe.each(['Node server', 'workerd'] as const)(
  'settings of what is counted, on the %s',
  (name) => {
    it('switch it off', async () => {
      const target = await TARGETS[name]({ DRIFT_MAX_FEATURES: '0' });
      const text = await (await target.fetch('/metrics')).text();
      await target.stop();
      expect(text).toContain('prediction_rows_total{');
      expect(text).not.toMatch(/^prediction_(?:\w+_bin_total|\w+_reference_ratio|\w+_left_out)\{/m);
    });

    it('count a sample of the rows', async () => {
      const target = await TARGETS[name]({ DRIFT_SAMPLE: '0.25' });
      const { rows } = readGolden('diabetes');
      for (let i = 0; i < 10; i++) {
        await target.fetch('/models/diabetes/predict', post({ instances: rows }));
      }
      const text = await (await target.fetch('/metrics')).text();
      await target.stop();
      const counted = Object.values(readBins(text, 'prediction_feature_bin_total', 'diabetes'));
      const totals = counted.map((counts) => counts.reduce((sum, count) => sum + count, 0));
      expect(new Set(totals).size).toBe(1);
      // By chance it is further off than eight standard deviations never.
      const sampled = rows.length * 10 * 0.25;
      expect(Math.abs((totals[0] ?? 0) - sampled)).toBeLessThan(8 * Math.sqrt(sampled * 0.75));
    });
  },
);
