import * as z from 'zod';
import { ask, type Question } from '../question.ts';
import type { Random } from '../random.ts';
import { TOKENS } from '../server.ts';
import { checkAnswer } from './golden-questions.ts';

/** What is asked beside predictions. */

const alive = z.strictObject({ alive: z.literal(true) });
const live = z.strictObject({ live: z.literal(true) });
const ready = z.looseObject({ ready: z.literal(true) });
const states = z.looseObject({
  ready: z.boolean(),
  models: z.array(z.looseObject({ state: z.string() })),
});
const statistics = z.looseObject({ model_stats: z.array(z.looseObject({ name: z.string() })) });
const description = z.looseObject({ name: z.string(), inputs: z.array(z.unknown()) });
const api = z.looseObject({ openapi: z.string(), paths: z.record(z.string(), z.unknown()) });

/** Models that are there whatever the test does to one of them. */
const LEAST_MODELS = 4;

function get(path: string, check: Question['check'], others: Partial<Question> = {}): Question {
  return ask(`GET ${path}`, { method: 'GET', path }, { codes: [], check, ...others });
}

/** How the server is: to be answered whatever goes on. */
const QUESTIONS: readonly Question[] = [
  get(
    '/healthz',
    checkAnswer(alive, () => true),
  ),
  get(
    '/v2/health/live',
    checkAnswer(live, () => true),
  ),
  get(
    '/v2/models/digits/ready',
    checkAnswer(ready, () => true),
    { codes: ['not_ready'] },
  ),
  get(
    '/v2/models/stats',
    checkAnswer(statistics, () => true),
  ),
  get(
    '/models/diabetes',
    checkAnswer(description, () => true),
    { codes: ['not_ready'] },
  ),
  get(
    '/openapi.json',
    checkAnswer(api, () => true),
  ),
  get(
    '/readyz',
    checkAnswer(states, ({ models }) => models.length >= LEAST_MODELS),
    {
      isReport: true,
    },
  ),
];

export function askAround(random: Random): Question {
  return random.pick(QUESTIONS);
}

/** The metrics, as a scraper asks for them. */
export const scrapeMetrics: Question = ask(
  'scrape',
  { method: 'GET', path: '/metrics', headers: { Authorization: `Bearer ${TOKENS.metrics}` } },
  { codes: [], check: () => undefined },
);
