import type { Handler } from 'hono';
import type { ModelEntry, ModelRepository } from '../inference/repository.ts';

/** GET /models: every version of every model, with its state, and the model that POST /predict asks. */
export function listModels(models: ModelRepository, defaultModel: string | undefined): Handler {
  return function listModels(c) {
    return c.json({ default: defaultModel ?? null, models: models.entries().map(summarise) });
  };
}

/** GET /models/:name: what a client needs to know to ask: inputs, outputs and the model card. */
export function describeModel(models: ModelRepository): Handler {
  return function describeModel(c) {
    const { name, version, card, inputs, outputs, sha256 } = models.get(c.req.param('name') ?? '');
    return c.json({ name, version, sha256, inputs, outputs, card: card ?? null });
  };
}

/** GET /readyz: 200 when every model is ready, otherwise 503; either way it lists them. */
export function readiness(models: ModelRepository): Handler {
  return function readiness(c) {
    const entries = models.entries();
    const ready = entries.every((entry) => entry.state === 'READY');
    return c.json({ ready, models: entries.map(summarise) }, ready ? 200 : 503);
  };
}

function summarise(entry: ModelEntry) {
  const { name, version, state } = entry;
  return state === 'READY'
    ? { name, version, state }
    : { name, version, state, reason: entry.reason };
}
