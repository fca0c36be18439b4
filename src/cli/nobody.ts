import type { InferenceObserver } from '../inference/types.ts';
import type { Logger } from '../log.ts';

/** Who listens to the models that a command loads. */
export const NOBODY: InferenceObserver = {
  accepted: () => {},
  ran: () => {},
  waited: () => {},
  loaded: () => {},
  unloaded: () => {},
  loadFailed: () => {},
};

/** What nobody has foreseen goes to the log alone, so here the person who asks sees that. */
export const log: Logger = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: (fields: object) => {
    if ('err' in fields) console.error(fields.err);
  },
};
