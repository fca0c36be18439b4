import { type LoadClock, processClock } from './load-clock.ts';

/** What a request that was answered has brought. */
export interface Answer {
  readonly rows: number;
  /** Milliseconds of the inference run, where the answer tells them. */
  readonly inferenceMs?: number | undefined;
  /** What was predicted for the first row, in a few words: put into them only where somebody reads it. */
  readonly prediction?: (() => string) | undefined;
}

/** One request as the client saw it. */
export interface Sample extends Answer {
  /** Milliseconds from when the request was due to having its whole answer: all that whoever wanted it then has waited. */
  readonly latencyMs: number;
  /** The same from when it was sent, which is when it was due where there is no schedule. */
  readonly roundTripMs: number;
  /** Why it failed. */
  readonly error?: Error;
}

export interface LoadOptions {
  /** Sends the request of this number; throws when it fails. */
  readonly send: (index: number) => Promise<Answer>;
  /** How many requests to send in all. */
  readonly requests: number;
  /** How many are under way at once, at most. */
  readonly concurrency: number;
  /** Seconds after which no further request is due. */
  readonly seconds: number;
  /** Requests a second: each is due at its own time, whatever becomes of the others. Without it each follows an answer. */
  readonly rate?: number | undefined;
  /** Asked before each request: once it says so, no further one is sent. */
  readonly isDone?: () => boolean;
  /** No further request is sent, and those under way count for nothing when they fail. */
  readonly signal?: AbortSignal;
  /** Milliseconds to wait after such a failure, where there is no schedule to keep. */
  readonly backOff?: (error: Error) => number;
  readonly onSample: (sample: Sample, index: number) => void;
  readonly clock?: LoadClock;
}

/** How many requests a schedule has. */
export function countDue({
  requests,
  seconds,
  rate,
}: Pick<LoadOptions, 'requests' | 'seconds' | 'rate'>): number {
  if (rate === undefined) return requests;
  // Of 0.07 x 100 no more than 7, although the product is more than that.
  return Math.min(requests, Math.ceil(rate * seconds - 1e-9));
}

/**
 * Sends requests, at most `concurrency` at a time, until all are sent or the time is up.
 *
 * With a rate, request i is due at start + i / rate and is sent then, or as soon after that as another one ends where
 * too many are under way. None is left out: a server that stalls shows in the latency of every request that was due
 * meanwhile, and where it cannot keep up with the rate, the last request leaves later than `seconds`.
 */
export async function sendLoad(options: LoadOptions): Promise<void> {
  const { send, concurrency, seconds, rate, isDone = () => false, signal, onSample } = options;
  const { backOff = () => 0, clock = processClock } = options;
  const requests = countDue(options);
  const start = clock.now();
  const end = rate === undefined ? start + seconds * 1000 : Number.POSITIVE_INFINITY;
  let next = 0;
  const goesOn = () => clock.now() < end && !isDone() && !signal?.aborted;
  const sender = async () => {
    while (next < requests && goesOn()) {
      const index = next++;
      const due = rate === undefined ? undefined : start + (index * 1000) / rate;
      if (due !== undefined && due > clock.now()) {
        await sleepUntil(due, clock, signal);
        if (!goesOn()) return;
      }
      const sample = await measure(() => send(index), due, clock);
      if (sample.error && signal?.aborted) return;
      onSample(sample, index);
      if (sample.error && rate === undefined && next < requests) {
        await sleepUntil(clock.now() + backOff(sample.error), clock, signal);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, requests) }, sender));
}

/** A timer may be early. */
async function sleepUntil(
  time: number,
  clock: LoadClock,
  signal: AbortSignal | undefined,
): Promise<void> {
  for (;;) {
    const left = time - clock.now();
    if (left <= 0 || signal?.aborted) return;
    await clock.sleep(left, signal);
  }
}

async function measure(
  send: () => Promise<Answer>,
  due: number | undefined,
  clock: LoadClock,
): Promise<Sample> {
  const sent = clock.now();
  const times = () => {
    const ended = clock.now();
    return { latencyMs: ended - (due ?? sent), roundTripMs: ended - sent };
  };
  try {
    const answer = await send();
    return { ...times(), ...answer };
  } catch (reason) {
    const error = reason instanceof Error ? reason : new Error(String(reason));
    return { ...times(), rows: 0, error };
  }
}
