import { messageOf } from '../errors.ts';
import type { ModelRepository } from '../inference/repository.ts';
import type { Logger } from '../log.ts';

/**
 * Looks for changes in the repository every so many seconds; 0 never does.
 *
 * @returns ends it
 */
export function followStore(models: ModelRepository, seconds: number, log: Logger): () => void {
  if (seconds === 0) return () => {};
  let ended = false;
  const look = async () => {
    await models.refresh().catch((error: unknown) => {
      log.error({ reason: messageOf(error) }, 'the models cannot be listed; they stay as they are');
    });
    if (!ended) timer = setTimeout(look, seconds * 1000);
  };
  let timer = setTimeout(look, seconds * 1000);
  return () => {
    ended = true;
    clearTimeout(timer);
  };
}
