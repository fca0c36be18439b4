import type { Handler } from 'hono';
import { AppError } from '../errors.ts';
import { answerJson } from '../http/answer.ts';
import { describeError } from '../http/error-body.ts';
import type { ModelEntry, ModelRepository } from '../inference/repository.ts';

/** GET /models: every version of every model, with its state, and the model that POST /predict asks. */
export function listModels(models: ModelRepository, defaultModel: string | undefined): Handler {
  return function listModels(c) {
    return answerJson(c, {
      default: defaultModel ?? null,
      models: models.entries().map(summarise),
    });
  };
}

/** GET /models/:name: what a client needs to know to ask: inputs, outputs and the model card. */
export function describeModel(models: ModelRepository): Handler {
  return function describeModel(c) {
    const { name, version, card, inputs, outputs, sha256 } = models.get(c.req.param('name') ?? '');
    return answerJson(c, { name, version, sha256, inputs, outputs, card: card ?? null });
  };
}

/** GET /readyz: 200 when every model is ready, otherwise 503; either way it lists them. */
export function readiness(models: ModelRepository): Handler {
  return function readiness(c) {
    const entries = models.entries();
    const broken = entries.filter((entry) => entry.state !== 'READY');
    const list = entries.map(summarise);
    if (broken.length === 0) return answerJson(c, { ready: true, models: list });
    const names = broken.map(({ name, version }) => `${name} v${version}`).join(', ');
    const error = describeError(new AppError('not_ready', `not ready: ${names}`));
    const body = { ...error.body, ready: false, models: list };
    return answerJson(c, body, error.status, error.headers);
  };
}

function summarise(entry: ModelEntry) {
  const { name, version, state } = entry;
  return state === 'READY'
    ? { name, version, state }
    : { name, version, state, reason: entry.reason };
}
