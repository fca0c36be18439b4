import { readFileSync } from 'node:fs';
import * as z from 'zod';

const golden = z.object({
  model: z.string(),
  rows: z.array(z.array(z.number())).min(100),
  label: z.array(z.string()).optional(),
  probabilities: z.array(z.array(z.number())).optional(),
  value: z.array(z.number()).optional(),
});

export const GOLDEN_MODELS = ['breast-cancer', 'digits', 'diabetes'] as const;

/** Held-out rows of a shipped model with scikit-learn's own outputs, as model/train.py wrote them. */
export function readGolden(model: (typeof GOLDEN_MODELS)[number]) {
  return golden.parse(JSON.parse(readFileSync(`test/fixtures/${model}.golden.json`, 'utf8')));
}

/** A model's card, read from disk. */
export function readCard(model: (typeof GOLDEN_MODELS)[number]) {
  return z
    .looseObject({
      features: z.array(z.looseObject({ name: z.string() })),
      labels: z.array(z.string()).optional(),
      examples: z.array(z.array(z.number())),
    })
    .parse(JSON.parse(readFileSync(`model/${model}/model.json`, 'utf8')));
}

/** A request that posts a value as JSON. */
export function post(body: unknown, headers: Record<string, string> = {}): RequestInit {
  return {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  };
}
