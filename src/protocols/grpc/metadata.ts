import { AppError } from '../../errors.ts';
import type { ModelRepository } from '../../inference/repository.ts';
import type { TensorSpec } from '../../inference/types.ts';
import type { ModelNamed } from './messages.ts';

/** What the service tells of the server and its models. */

/** What Triton calls ONNX models that ONNX Runtime runs. */
const PLATFORM = 'onnxruntime_onnx';

/** The extensions of the protocol that are there, by the names that Triton gives them. */
const EXTENSIONS = ['classification', 'model_configuration'];

export function serverLive() {
  return { live: true };
}

/** Ready when every model is. */
export function serverReady(models: ModelRepository) {
  return () => ({ ready: models.entries().every(({ state }) => state === 'READY') });
}

/** A model that is there and not loaded is not ready; one that is not there is an error. */
export function modelReady(models: ModelRepository) {
  return (request: ModelNamed) => {
    try {
      findModel(models, request);
      return { ready: true };
    } catch (error) {
      if (error instanceof AppError && error.code === 'not_ready') return { ready: false };
      throw error;
    }
  };
}

export function serverMetadata(version: string) {
  return () => ({ name: 'kilat', version, extensions: EXTENSIONS });
}

export function modelMetadata(models: ModelRepository) {
  return (request: ModelNamed) => {
    const { name, inputs, outputs } = findModel(models, request);
    const versions = models.entries().filter((entry) => entry.name === name);
    return {
      name,
      versions: versions.filter(({ state }) => state === 'READY').map(({ version }) => version),
      platform: PLATFORM,
      inputs,
      outputs,
    };
  };
}

/** @param maxBatchRows rows that requests may share a run with; 0 where they never do */
export function modelConfig(models: ModelRepository, maxBatchRows: number) {
  return (request: ModelNamed) => {
    const { name, inputs, outputs, sharesRuns } = findModel(models, request);
    // In a model that shares runs the first dimension is the batch, which a configuration leaves out.
    const describe = ({ name, datatype, shape }: TensorSpec) => ({
      name,
      data_type: `TYPE_${datatype === 'BYTES' ? 'STRING' : datatype}`,
      dims: sharesRuns ? shape.slice(1) : shape,
    });
    const config = {
      name,
      platform: PLATFORM,
      backend: 'onnxruntime',
      max_batch_size: sharesRuns ? maxBatchRows : 0,
      input: inputs.map(describe),
      output: outputs.map(describe),
    };
    return { config };
  };
}

export function repositoryIndex(models: ModelRepository) {
  return ({ ready }: { readonly ready: boolean }) => {
    const entries = models.entries().filter(({ state }) => !ready || state === 'READY');
    return {
      models: entries.map((entry) => ({
        name: entry.name,
        version: entry.version,
        state: entry.state,
        reason: entry.state === 'UNAVAILABLE' ? entry.reason : '',
      })),
    };
  };
}

/** @throws AppError model_not_found, version_not_found or not_ready */
function findModel(models: ModelRepository, { name, version }: ModelNamed) {
  return models.get(name, version || undefined);
}
