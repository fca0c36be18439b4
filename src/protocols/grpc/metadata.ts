import { AppError } from '../../errors.ts';
import type { ModelRepository } from '../../inference/repository.ts';
import {
  describeConfig,
  describeModel,
  describeRepository,
} from '../open-inference-descriptions.ts';
import type { ModelNamed } from './messages.ts';

/** What the service tells of the server and its models. */

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
  return (request: ModelNamed) => describeModel(models, findModel(models, request));
}

/** @param maxBatchRows rows that requests may share a run with */
export function modelConfig(models: ModelRepository, maxBatchRows: number) {
  return (request: ModelNamed) => ({
    config: describeConfig(findModel(models, request), maxBatchRows),
  });
}

export function repositoryIndex(models: ModelRepository) {
  return ({ ready }: { readonly ready: boolean }) => ({
    models: describeRepository(models, ready),
  });
}

/** @throws AppError model_not_found, version_not_found or not_ready */
function findModel(models: ModelRepository, { name, version }: ModelNamed) {
  return models.get(name, version || undefined);
}
