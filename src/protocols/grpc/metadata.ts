import type { ModelRepository } from '../../inference/repository.ts';
import { isServing } from '../../inference/shelf.ts';
import {
  describeConfig,
  describeModel,
  describeRepository,
} from '../open-inference-descriptions.ts';
import type { ModelNamed } from './messages.ts';

/** What the service tells of the server and its models. */

/** The extensions of the protocol that are there, by the names that Triton gives them. */
const EXTENSIONS = ['classification', 'model_configuration', 'model_repository'];

export function serverLive() {
  return { live: true };
}

/** Ready when every model has a version that answers. */
export function serverReady(models: ModelRepository) {
  return () => ({ ready: models.whyNotReady() === undefined });
}

/** A model that is there and not loaded is not ready; one that is not there is an error. */
export function modelReady(models: ModelRepository) {
  return ({ name, version }: ModelNamed) => {
    return { ready: isServing(models.entry(name, version || undefined)) };
  };
}

export function serverMetadata(version: string) {
  return () => ({ name: 'kilat', version, extensions: EXTENSIONS });
}

export function modelMetadata(models: ModelRepository) {
  return async (request: ModelNamed) => describeModel(models, await findModel(models, request));
}

/** @param maxBatchRows rows that requests may share a run with */
export function modelConfig(models: ModelRepository, maxBatchRows: number) {
  return async (request: ModelNamed) => ({
    config: describeConfig(await findModel(models, request), maxBatchRows),
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
