/**
 * Time as the core sees it.
 *
 * On Workers a clock stands still while code computes and moves only when control enters the isolate
 * again, so an interval around computation reads zero. `settle` gives the clock that chance: it is awaited
 * after the computation and before its end is read. Where clocks run freely it does nothing.
 */
export interface Clock {
  /** Milliseconds from an arbitrary start; never goes back. */
  now(): number;
  /** Milliseconds since the Unix epoch. */
  wallTime(): number;
  /** Lets `now` catch up with the computation that has just been done. */
  settle(): Promise<void> | void;
}

/** A clock that runs freely, as on Node. */
export const runningClock: Clock = {
  now: () => performance.now(),
  wallTime: () => Date.now(),
  settle: () => {},
};

/**
 * A clock that moves only between events, as on Workers.
 *
 * @param wait crosses an event boundary and comes back at once (`scheduler.wait(0)`)
 */
export function eventClock(wait: () => Promise<void> | void): Clock {
  return { now: () => performance.now(), wallTime: () => Date.now(), settle: wait };
}
