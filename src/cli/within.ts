/** Nobody has answered in time. */
export class TimeoutError extends Error {
  override readonly name = 'TimeoutError';
  /** The server's own word for it, when it is the one that gives up. */
  readonly code = 'timeout';
}

/** A timer that is asked for more is over at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Whom is waited for, and for how many seconds. */
interface Patience {
  readonly url: string;
  readonly timeout: number;
}

/**
 * Gives something up when it takes too long.
 *
 * @param start what it is; it ends with its signal's reason once that is aborted
 * @param signal aborts it before that
 * @throws TimeoutError, and what `start` throws
 */
export async function within<T>(
  { url, timeout }: Patience,
  signal: AbortSignal,
  start: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  // By hand: what AbortSignal.any ties to a signal that lives as long as the process may well stay with it.
  const controller = new AbortController();
  const stop = () => controller.abort(signal.reason);
  const { origin } = new URL(url);
  const fault = `no answer from ${origin} within ${timeout} s: give it longer with --timeout`;
  const giveUp = () => controller.abort(new TimeoutError(`timeout: ${fault}`));
  if (signal.aborted) stop();
  signal.addEventListener('abort', stop);
  const timer = setTimeout(giveUp, Math.min(timeout * 1000, LONGEST_TIMER_MS));
  try {
    return await start(controller.signal);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', stop);
  }
}
