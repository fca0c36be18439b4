import type { Context, Handler } from 'hono';
import type * as z from 'zod';
import { AppError } from '../errors.ts';
import { answerJson } from '../http/answer.ts';
import { type BodyOptions, parseJson, readBytes } from '../http/body.ts';
import type { Model } from '../inference/model.ts';
import type { ModelRepository } from '../inference/repository.ts';
import {
  describeConfig,
  describeModel,
  describeRepository,
} from './open-inference-descriptions.ts';
import { indexRequest, type serverMetadata } from './open-inference-schemas.ts';
import { parseForm } from './schema.ts';

/** What the Open Inference Protocol tells of the server and its models, over HTTP. */

/** The extensions of the protocol that are there, by the names that Triton gives them. */
export const EXTENSIONS = [
  'binary_tensor_data',
  'classification',
  'model_configuration',
  'model_repository',
  'statistics',
] as const;

/** GET /v2 */
export function describeServer(version: string): Handler {
  const metadata = { name: 'kilat', version, extensions: [...EXTENSIONS] };
  return (c) => answerJson(c, metadata satisfies z.infer<typeof serverMetadata>);
}

/** GET /v2/health/live */
export const isLive: Handler = (c) => answerJson(c, { live: true });

/** GET /v2/health/ready: when every model has a version that answers. */
export function isServerReady(models: ModelRepository): Handler {
  return (c) => {
    const problem = models.whyNotReady();
    if (problem === undefined) return answerJson(c, { ready: true });
    throw new AppError('not_ready', problem);
  };
}

/** GET /v2/models/:name[/versions/:version]/ready */
export function isModelReady(models: ModelRepository): Handler {
  return (c) => {
    const name = c.req.param('name') ?? '';
    models.requireServing(name, c.req.param('version'));
    return answerJson(c, { name, ready: true });
  };
}

/** GET /v2/models */
export function listNames(models: ModelRepository): Handler {
  return (c) => answerJson(c, { models: models.names() });
}

/** GET /v2/models/:name[/versions/:version] */
export function tellModel(models: ModelRepository): Handler {
  return async (c) => answerJson(c, describeModel(models, await findModel(models, c)));
}

/** GET /v2/models/:name[/versions/:version]/config */
export function tellConfig(models: ModelRepository, maxBatchRows: number): Handler {
  return async (c) => answerJson(c, describeConfig(await findModel(models, c), maxBatchRows));
}

/** POST /v2/repository/index */
export function listRepository(models: ModelRepository, body: BodyOptions): Handler {
  return async (c) => {
    const bytes = await readBytes(c, body);
    const { ready } =
      bytes.byteLength === 0 ? {} : parseForm(indexRequest, parseJson(bytes, body.maxJsonDepth));
    return answerJson(c, describeRepository(models, ready));
  };
}

/** @throws AppError model_not_found, version_not_found or not_ready */
function findModel(models: ModelRepository, c: Context): Promise<Model> {
  return models.get(c.req.param('name') ?? '', c.req.param('version'));
}
