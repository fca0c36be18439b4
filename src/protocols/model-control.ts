import type { Handler } from 'hono';
import { AppError } from '../errors.ts';
import { answerJson } from '../http/answer.ts';
import { type BodyOptions, parseJson, readBytes } from '../http/body.ts';
import type { ModelRepository } from '../inference/repository.ts';
import { loadRequest } from './open-inference-schemas.ts';
import { parseForm } from './schema.ts';

/** The model repository extension: models are loaded and unloaded on request. */

/** POST /v2/repository/models/:name/load */
export function loadModel(models: ModelRepository, body: BodyOptions): Handler {
  return async function loadModel(c) {
    const { parameters = {} } = await readForm(c, body);
    refuseParameters(Object.keys(parameters));
    const name = c.req.param('name') ?? '';
    await models.load(name);
    return answerJson(c, { name, load: true });
  };
}

/** POST /v2/repository/models/:name/unload */
export function unloadModel(models: ModelRepository, body: BodyOptions): Handler {
  return async function unloadModel(c) {
    // What it may hold (`unload_dependents`) means nothing here: no model depends on another.
    await readForm(c, body);
    const name = c.req.param('name') ?? '';
    await models.unload(name);
    return answerJson(c, { name, unload: true });
  };
}

/** @throws AppError bad_request for a model that is handed over with the request: it comes from the repository alone */
export function refuseParameters([name]: readonly string[]): void {
  if (name === undefined) return;
  const message = `parameters.${name.slice(0, 80)}: a model is loaded as it lies in the repository`;
  throw new AppError('bad_request', message);
}

async function readForm(c: Parameters<Handler>[0], body: BodyOptions) {
  const bytes = await readBytes(c, body);
  return bytes.byteLength === 0 ? {} : parseForm(loadRequest, parseJson(bytes, body.maxJsonDepth));
}
