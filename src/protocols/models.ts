import type { Handler } from 'hono';
import { AppError } from '../errors.ts';
import { answerJson } from '../http/answer.ts';
import { describeError } from '../http/error-body.ts';
import type { ModelRepository } from '../inference/repository.ts';
import type { ModelEntry } from '../inference/shelf.ts';

/**
 * GET /models: every version of every model, with its state, and the model that POST /predict asks.
 *
 * @param tokens what asks for a token here, so that a client can ask its person for one before it is refused
 */
export function listModels(
  models: ModelRepository,
  defaultModel: () => string | undefined,
  tokens: Readonly<Record<'predictions' | 'metrics', boolean>>,
): Handler {
  return function listModels(c) {
    return answerJson(c, {
      default: defaultModel() ?? null,
      tokens,
      models: models.entries().map(summarise),
    });
  };
}

/** GET /models/:name: what a client needs to know to ask: inputs, outputs and the model card. */
export function describeModel(models: ModelRepository): Handler {
  return async function describeModel(c) {
    const model = await models.get(c.req.param('name') ?? '');
    const { name, version, card, inputs, outputs, sha256 } = model;
    return answerJson(c, { name, version, sha256, inputs, outputs, card: card ?? null });
  };
}

/** GET /readyz: 200 when every model has a version that answers, otherwise 503; either way it lists them. */
export function readiness(models: ModelRepository): Handler {
  return function readiness(c) {
    const list = models.entries().map(summarise);
    const problem = models.whyNotReady();
    if (problem === undefined) return answerJson(c, { ready: true, models: list });
    const error = describeError(new AppError('not_ready', problem));
    const body = { ...error.body, ready: false, models: list };
    return answerJson(c, body, error.status, error.headers);
  };
}

function summarise({ name, version, state, reason }: ModelEntry) {
  return { name, version, state, ...(reason !== undefined && { reason }) };
}
