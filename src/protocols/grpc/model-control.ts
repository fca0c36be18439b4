import { checkAdmin } from '../../http/bearer.ts';
import type { ModelRepository } from '../../inference/repository.ts';
import { refuseParameters } from '../model-control.ts';
import type { Answer } from './handlers.ts';
import type { RepositoryModelRequest } from './messages.ts';

/** The model repository extension over gRPC; the token travels as the metadata `authorization`. */

type Call = Parameters<Answer<RepositoryModelRequest, object>>[1];

/** RepositoryModelLoad */
export function loadModel(
  models: ModelRepository,
  token: string | undefined,
): Answer<RepositoryModelRequest, object> {
  return async (request, call) => {
    await checkAdmin(authorization(call), token);
    refuseParameters(Object.keys(request.parameters));
    const name = nameOf(request);
    await models.load(name);
    return { model_name: name, isLoaded: true };
  };
}

/** RepositoryModelUnload */
export function unloadModel(
  models: ModelRepository,
  token: string | undefined,
): Answer<RepositoryModelRequest, object> {
  return async (request, call) => {
    await checkAdmin(authorization(call), token);
    const name = nameOf(request);
    await models.unload(name);
    return { model_name: name, isUnloaded: true };
  };
}

function authorization({ metadata }: Call): string | undefined {
  return metadata.get('authorization')[0]?.toString();
}

function nameOf({ model_name, repository_or_model_name }: RepositoryModelRequest): string {
  return model_name || repository_or_model_name;
}
