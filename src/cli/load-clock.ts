import { setTimeout as sleep } from 'node:timers/promises';

/** Time as a load sees it: a test's stands still until it is moved. */
export interface LoadClock {
  /** Milliseconds from an arbitrary start; never goes back. */
  now(): number;
  /** Waits so many milliseconds, about, or until the signal; where they are too many for a timer, not as long. */
  sleep(ms: number, signal: AbortSignal | undefined): Promise<void>;
}

/** A timer that is asked for more is over at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** This process's own, whose timers are good to about a millisecond. */
export const processClock: LoadClock = {
  now: () => performance.now(),
  sleep: (ms, signal) =>
    sleep(Math.min(ms, LONGEST_TIMER_MS), undefined, { ...(signal && { signal }) }).catch(() => {}),
};
