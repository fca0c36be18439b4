import type { Clock } from '../../src/clock.ts';

/** A clock as Workers have it: it stands still until it is settled, and then shows the time that has passed. */
export function standingClock(options: { settles: boolean }): Clock {
  let shown = performance.now();
  return {
    now: () => shown,
    wallTime: () => Date.now(),
    settle: async () => {
      if (options.settles) shown = performance.now();
    },
  };
}
