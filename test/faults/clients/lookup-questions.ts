import * as z from 'zod';
import { ask, json, type Question, UNDER_PRESSURE } from '../question.ts';
import type { Random } from '../random.ts';
import type { Tables } from '../tables.ts';
import { checkAnswer } from './golden-questions.ts';

/** Questions to the models of the tests: one whose versions come and go, and one that takes its time. */

const PLACES = 10;

const lookupAnswer = z.strictObject({
  model: z.literal('lookup'),
  version: z.string(),
  predictions: z.array(z.strictObject({ value: z.number() })),
  time_ms: z.number(),
});

/**
 * Looks up some places; each value has to be that of the version that the answer names, all of one table.
 *
 * @param version the one that is asked, if not whichever is served
 */
export function lookUp(random: Random, tables: Tables, count: number, version?: string): Question {
  const first = random.integer(0, PLACES - 1);
  const places = Array.from({ length: count }, (_, i) => (first + i) % PLACES);
  let askedAt = Number.POSITIVE_INFINITY;
  const path =
    version === undefined ? '/models/lookup/predict' : `/models/lookup/versions/${version}/predict`;
  const question = ask(
    version === undefined ? 'lookup' : 'lookup of a version',
    { path, body: json({ instances: places }) },
    {
      codes: [
        ...UNDER_PRESSURE,
        'not_ready',
        'model_not_found',
        'version_not_found',
        'inference_failed',
      ],
      check: checkAnswer(lookupAnswer, ({ version: given, predictions }) => {
        const isWhole = predictions.length === places.length;
        return (
          isWhole &&
          (version === undefined || version === given) &&
          tables.steps(given, askedAt).some((step) => {
            return places.every((place, i) => predictions[i]?.value === place * step);
          })
        );
      }),
    },
  );
  return {
    ...question,
    bytes: (id) => {
      askedAt = performance.now();
      return question.bytes(id);
    },
  };
}

/** Values of a row of the slow model, which gives their mean. */
const WIDTH = 16;

const slowAnswer = z.looseObject({
  model: z.literal('slow'),
  predictions: z.array(z.strictObject({ y: z.tuple([z.number()]) })),
});

/** Asks the model whose rows take a thread some 40 ms each. */
export function askSlow(random: Random, count: number, kind = 'slow'): Question {
  const means = Array.from({ length: count }, () => random.integer(0, 100));
  const instances = means.map((mean) => Array.from({ length: WIDTH }, () => mean));
  return ask(
    kind,
    { path: '/models/slow/predict', body: json({ instances }) },
    {
      // Its threads are ended, with whatever runs in them.
      codes: [...UNDER_PRESSURE, 'not_ready', 'inference_failed'],
      check: checkAnswer(slowAnswer, ({ predictions }) => {
        return (
          predictions.length === count &&
          predictions.every(({ y }, i) => Math.abs(y[0] - (means[i] ?? Number.NaN)) < 1e-3)
        );
      }),
    },
  );
}
