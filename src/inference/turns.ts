/** Lets one piece of work run at a time, in the order in which they come. */
export type Turns = <T>(work: () => Promise<T>) => Promise<T>;

/**
 * Work that finds nobody running starts at once.
 *
 * @param patience is done when a turn has taken so long that it is given up for dead, and the next one begins;
 *   absent where every turn ends
 */
export function createTurns(patience?: () => Promise<unknown>): Turns {
  let last: Promise<unknown> | undefined;
  return async (work) => {
    const before = last && patience ? Promise.race([last, patience()]) : last;
    const turn = before ? before.then(work, work) : work();
    last = turn;
    try {
      return await turn;
    } finally {
      if (last === turn) last = undefined;
    }
  };
}
