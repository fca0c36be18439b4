import type { Access } from '../../http/access.ts';
import type { ModelRepository } from '../../inference/repository.ts';
import { refuseParameters } from '../model-control.ts';
import { authorizationOf } from './call-variables.ts';
import type { Answer } from './handlers.ts';
import type { RepositoryModelRequest } from './messages.ts';

/** The model repository extension over gRPC; the token travels as the metadata `authorization`. */

/** RepositoryModelLoad */
export function loadModel(
  models: ModelRepository,
  access: Access,
): Answer<RepositoryModelRequest, object> {
  return async (request, call) => {
    await access.check('models', authorizationOf(call));
    refuseParameters(Object.keys(request.parameters));
    const name = nameOf(request);
    await models.load(name);
    return { model_name: name, isLoaded: true };
  };
}

/** RepositoryModelUnload */
export function unloadModel(
  models: ModelRepository,
  access: Access,
): Answer<RepositoryModelRequest, object> {
  return async (request, call) => {
    await access.check('models', authorizationOf(call));
    const name = nameOf(request);
    await models.unload(name);
    return { model_name: name, isUnloaded: true };
  };
}

function nameOf({ model_name, repository_or_model_name }: RepositoryModelRequest): string {
  return model_name || repository_or_model_name;
}
