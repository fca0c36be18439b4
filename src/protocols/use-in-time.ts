import { AppError } from '../errors.ts';
import type { After } from '../http/deadline.ts';
import type { Model } from '../inference/model.ts';

/**
 * A model that may have to be loaded first, unless that takes longer than its request has. Whoever gets it has to let it
 * go; when it comes too late that is done here.
 *
 * @param deadline in milliseconds of the clock
 * @throws AppError timeout, and whatever keeps the model from being used
 */
export function useInTime(
  use: Model | Promise<Model>,
  deadline: number,
  { now, after }: { readonly now: () => number; readonly after: After },
): Model | Promise<Model> {
  if (!(use instanceof Promise)) return use;
  return new Promise((resolve, reject) => {
    let isLate = false;
    const callOff = after(deadline - now(), () => {
      isLate = true;
      reject(new AppError('timeout', 'the model was not loaded within the time of the request'));
    });
    use.then((model) => {
      callOff();
      if (isLate) model.letGo();
      else resolve(model);
    }, reject);
  });
}
