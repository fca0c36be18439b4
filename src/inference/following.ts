import type { Logger } from '../log.ts';
import type { ModelRepository } from './repository.ts';

/** How a repository keeps up with its store where nothing runs but requests. */
export interface Following {
  /** To be awaited before a request: what is to be known before anything can be asked. */
  beforeRequest(): Promise<void> | undefined;
  /** To be done after an answer, in the background. */
  afterRequest(): Promise<void> | undefined;
}

/**
 * The first request waits until the store has been listed, and for the model that it asks; everything else follows
 * after its answer, and a look for changes after that of a later one.
 *
 * @param options.intervalMs between two looks; 0 never looks again
 * @param options.now milliseconds
 */
export function followFromRequests(options: {
  models: ModelRepository;
  intervalMs: number;
  now: () => number;
  log: Logger;
}): Following {
  const { models, intervalMs, now, log } = options;
  let isSettled = false;
  let lookedAt = 0;

  const attempt = async (work: () => Promise<void>) => {
    try {
      await work();
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      log.error({ reason }, 'the models cannot be listed; they stay as they are');
    }
  };
  return {
    beforeRequest() {
      if (models.isListed) return undefined;
      return attempt(async () => {
        await models.discover();
        lookedAt = now();
      });
    },
    afterRequest() {
      if (!models.isListed) return undefined;
      if (!isSettled) {
        isSettled = true;
        return attempt(() => models.settle());
      }
      if (intervalMs === 0 || now() - lookedAt < intervalMs) return undefined;
      lookedAt = now();
      return attempt(() => models.refresh());
    },
  };
}
