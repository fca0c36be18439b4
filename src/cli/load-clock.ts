import { setTimeout as sleep } from 'node:timers/promises';

/** Time as a load sees it: a test's stands still until it is moved. */
export interface LoadClock {
  /** Milliseconds from an arbitrary start; never goes back. */
  now(): number;
  /** Waits so many milliseconds, about, or until the signal. */
  sleep(ms: number, signal: AbortSignal | undefined): Promise<void>;
}

/** This process's own, whose timers are good to about a millisecond. */
export const processClock: LoadClock = {
  now: () => performance.now(),
  sleep: (ms, signal) => sleep(ms, undefined, { ...(signal && { signal }) }).catch(() => {}),
};
