import { setTimeout as sleep } from 'node:timers/promises';

/** A request that has ended; times are those of `performance.now()`. */
export interface Shot {
  readonly index: number;
  /** When the schedule wanted it sent. */
  readonly intended: number;
  /** When it was. */
  readonly sent: number;
  readonly ended: number;
  readonly outcome: string;
}

export interface OpenLoopOptions {
  /** Requests a second. */
  readonly rate: number;
  readonly seconds: number;
  /** Requests under way at once, at most: one whose time comes beyond that is not sent, and counted. */
  readonly maxInFlight: number;
  /** Sends the request of this number and gives how it ended; never rejects. */
  readonly send: (index: number) => Promise<string>;
  readonly record: (shot: Shot) => void;
  /** Ends the schedule early. */
  readonly signal?: AbortSignal;
}

export interface OpenLoop {
  /** When the first was to be sent, and when the schedule was over. */
  readonly start: number;
  readonly end: number;
  readonly sent: number;
  readonly notSent: number;
  /** Waits until all that was sent has ended, but not for ever; gives how many have not. */
  drain(): Promise<number>;
}

/** A server that answers within its REQUEST_TIMEOUT_MS has answered by then. */
const LONGEST_DRAIN_MS = 35_000;

/** How often the schedule is looked at: a request leaves so much too late, at most, while this process keeps up. */
const TICK_MS = 1;

/**
 * Sends requests on a steady schedule, whatever becomes of the ones before, as clients do who do not know of each
 * other. A server that stalls does not hold up the schedule: what is measured from the intended time includes
 * what a client would have waited then.
 *
 * @returns once the schedule is over; requests may still be under way
 */
export async function runOpenLoop(options: OpenLoopOptions): Promise<OpenLoop> {
  const { rate, seconds, maxInFlight, send, record, signal } = options;
  const total = Math.round(rate * seconds);
  const start = performance.now();
  const { promise: answered, resolve: finish } = Promise.withResolvers<void>();
  let [next, inFlight, notSent, over] = [0, 0, 0, false];

  const fire = async (index: number) => {
    inFlight++;
    const sent = performance.now();
    const outcome = await send(index);
    const ended = performance.now();
    inFlight--;
    record({ index, intended: start + (index / rate) * 1000, sent, ended, outcome });
    if (over && inFlight === 0) finish();
  };

  while (next < total && !signal?.aborted) {
    const elapsed = performance.now() - start;
    const due = Math.min(total, Math.floor((elapsed * rate) / 1000) + 1);
    for (; next < due; next++) {
      if (inFlight < maxInFlight) void fire(next);
      else notSent++;
    }
    await sleep(TICK_MS);
  }
  over = true;
  if (inFlight === 0) finish();
  const drain = async () => {
    const timeout = sleep(LONGEST_DRAIN_MS, undefined, { ref: false });
    await Promise.race([answered, timeout]);
    return inFlight;
  };
  return { start, end: performance.now(), sent: next - notSent, notSent, drain };
}
