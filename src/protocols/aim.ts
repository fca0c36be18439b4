import type { PredictionNote } from '../http/observe.ts';
import type { ModelRepository } from '../inference/repository.ts';

/**
 * Finds out whether a model can be asked at all, and notes which it is: so a request that is turned away is counted
 * under the name of its model.
 *
 * @throws AppError model_not_found, version_not_found, not_ready, or overloaded when too much waits for it
 */
export function aim(
  models: ModelRepository,
  note: PredictionNote,
  name: string,
  version: string | undefined,
): void {
  const entry = models.entry(name, version);
  note.model = entry.name;
  note.version = entry.version;
  models.requireAskable(name, version);
}
