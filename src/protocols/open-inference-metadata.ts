import type { Context, Handler } from 'hono';
import type * as z from 'zod';
import { AppError } from '../errors.ts';
import { answerJson } from '../http/answer.ts';
import { type BodyOptions, parseJson, readBytes } from '../http/body.ts';
import type { Model } from '../inference/model.ts';
import type { ModelRepository } from '../inference/repository.ts';
import type { Datatype } from '../inference/tensor.ts';
import type { TensorSpec } from '../inference/types.ts';
import {
  indexRequest,
  type modelConfig,
  type modelMetadata,
  type repositoryIndex,
  type serverMetadata,
} from './open-inference-schemas.ts';
import { parseForm } from './schema.ts';

/** What the Open Inference Protocol tells of the server and its models. */

/** What Triton calls ONNX models that ONNX Runtime runs. */
const PLATFORM = 'onnxruntime_onnx';

/** The extensions of the protocol that are there, by the names that Triton gives them. */
export const EXTENSIONS = [
  'binary_tensor_data',
  'classification',
  'model_configuration',
  'statistics',
] as const;

/** GET /v2 */
export function describeServer(version: string): Handler {
  const metadata = { name: 'kilat', version, extensions: [...EXTENSIONS] };
  return (c) => answerJson(c, metadata satisfies z.infer<typeof serverMetadata>);
}

/** GET /v2/health/live */
export const isLive: Handler = (c) => answerJson(c, { live: true });

/** GET /v2/health/ready: when every model is. */
export function isServerReady(models: ModelRepository): Handler {
  return (c) => {
    const broken = models.entries().filter(({ state }) => state !== 'READY');
    if (broken.length === 0) return answerJson(c, { ready: true });
    const names = broken.map(({ name, version }) => `${name} v${version}`).join(', ');
    throw new AppError('not_ready', `not ready: ${names}`);
  };
}

/** GET /v2/models/:name[/versions/:version]/ready */
export function isModelReady(models: ModelRepository): Handler {
  return (c) => answerJson(c, { name: findModel(models, c).name, ready: true });
}

/** GET /v2/models */
export function listNames(models: ModelRepository): Handler {
  return (c) => answerJson(c, { models: models.names() });
}

/** GET /v2/models/:name[/versions/:version] */
export function describeModel(models: ModelRepository): Handler {
  return (c) => {
    const { name, inputs, outputs } = findModel(models, c);
    const versions = models.entries().filter((entry) => entry.name === name);
    return answerJson(c, {
      name,
      versions: versions.filter(({ state }) => state === 'READY').map(({ version }) => version),
      platform: PLATFORM,
      inputs: inputs.map(describeTensor),
      outputs: outputs.map(describeTensor),
    } satisfies z.infer<typeof modelMetadata>);
  };
}

/**
 * GET /v2/models/:name[/versions/:version]/config
 *
 * @param maxBatchRows rows that requests may share a run with; 0 where they never do
 */
export function describeConfig(models: ModelRepository, maxBatchRows: number): Handler {
  return (c) => {
    const { name, inputs, outputs, sharesRuns } = findModel(models, c);
    // In a model that shares runs the first dimension is the batch, which a configuration leaves out.
    const describe = ({ name, datatype, shape }: TensorSpec) => ({
      name,
      data_type: `TYPE_${datatype === 'BYTES' ? 'STRING' : datatype}`,
      dims: sharesRuns ? shape.slice(1) : [...shape],
    });
    return answerJson(c, {
      name,
      platform: PLATFORM,
      backend: 'onnxruntime',
      max_batch_size: sharesRuns ? maxBatchRows : 0,
      input: inputs.map(describe),
      output: outputs.map(describe),
    } satisfies z.infer<typeof modelConfig>);
  };
}

/** POST /v2/repository/index */
export function listRepository(models: ModelRepository, body: BodyOptions): Handler {
  return async (c) => {
    const bytes = await readBytes(c, body);
    const { ready } = bytes.byteLength === 0 ? {} : parseForm(indexRequest, parseJson(bytes));
    const entries = models.entries().filter(({ state }) => !ready || state === 'READY');
    const index: z.infer<typeof repositoryIndex> = entries.map((entry) => ({
      name: entry.name,
      version: entry.version,
      state: entry.state,
      reason: entry.state === 'UNAVAILABLE' ? entry.reason : '',
    }));
    return answerJson(c, index);
  };
}

/** @throws AppError model_not_found, version_not_found or not_ready */
export function findModel(models: ModelRepository, c: Context): Model {
  return models.get(c.req.param('name') ?? '', c.req.param('version'));
}

function describeTensor({ name, datatype, shape }: TensorSpec): {
  name: string;
  datatype: Datatype;
  shape: number[];
} {
  return { name, datatype, shape: [...shape] };
}
