import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { GOLDEN_MODELS, post, readCard, readGolden } from '../helpers/golden.ts';
import { TARGET_NAMES, TARGETS, type Target, WASM_TARGETS } from '../helpers/targets.ts';

const answer = z.object({
  predictions: z.array(
    z.union([
      z.strictObject({ label: z.string(), probabilities: z.record(z.string(), z.number()) }),
      z.strictObject({ value: z.number() }),
    ]),
  ),
});

const targets = new Map<string, Target>();
beforeAll(async () => {
  for (const name of TARGET_NAMES) targets.set(name, await TARGETS[name]());
});
afterAll(async () => {
  for (const target of targets.values()) await target.stop();
});

async function predictGolden(target: string, model: (typeof GOLDEN_MODELS)[number]) {
  const { rows } = readGolden(model);
  const response = await targets
    .get(target)
    ?.fetch(`/models/${model}/predict`, post({ instances: rows }));
  expect(response?.status).toBe(200);
  return answer.parse(await response?.json()).predictions;
}

describe.each(GOLDEN_MODELS)('held-out rows of %s', (model) => {
  it.each(TARGET_NAMES)('agree with scikit-learn within 1e-5: %s', async (target) => {
    const golden = readGolden(model);
    const labels = readCard(model).labels ?? [];
    const predictions = await predictGolden(target, model);

    expect(predictions).toHaveLength(golden.rows.length);
    const worst = predictions.map((prediction, row) => {
      if ('value' in prediction) return Math.abs(prediction.value - (golden.value?.[row] ?? NaN));
      expect(prediction.label).toBe(golden.label?.[row]);
      expect(Object.keys(prediction.probabilities)).toEqual(labels);
      const expected = golden.probabilities?.[row] ?? [];
      return Math.max(
        ...labels.map((label, i) =>
          Math.abs((prediction.probabilities[label] ?? NaN) - (expected[i] ?? NaN)),
        ),
      );
    });
    expect(Math.max(...worst)).toBeLessThan(1e-5);
  });

  it('are answered with the same digits wherever the same WebAssembly runs', async () => {
    const [first, ...others] = await Promise.all(
      WASM_TARGETS.map((target) => predictGolden(target, model)),
    );
    expect(others).toHaveLength(WASM_TARGETS.length - 1);
    for (const other of others) expect(other).toEqual(first);
  });

  it.each(WASM_TARGETS)('give the same alone as together: %s', async (target) => {
    const { rows } = readGolden(model);
    const together = await predictGolden(target, model);
    for (const row of [0, 57, rows.length - 1]) {
      const response = await targets
        .get(target)
        ?.fetch(`/models/${model}/predict`, post(rows[row]));
      expect(answer.parse(await response?.json()).predictions).toEqual([together[row]]);
    }
  });
});
