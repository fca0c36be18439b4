import { constants } from 'node:os';

/** Signals that come together are one: what runs a command may pass on those that a terminal has sent to the whole group. */
const SAME_SIGNAL_MS = 500;

/**
 * Waits for something that a signal cannot end: once it comes nobody waits any longer, whatever becomes of the thing.
 *
 * @throws the signal's reason
 */
export async function unlessStopped<T>(signal: AbortSignal, promise: Promise<T>): Promise<T> {
  const stopped = Promise.withResolvers<never>();
  const stop = () => stopped.reject(signal.reason);
  if (signal.aborted) stop();
  signal.addEventListener('abort', stop);
  try {
    return await Promise.race([promise, stopped.promise]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

/** Aborted by the first signal to stop; a second one, half a second later or more, ends the process at once. */
export function stopOnSignals(
  signals: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM'],
): AbortSignal {
  const controller = new AbortController();
  let first: number | undefined;
  for (const name of signals) {
    process.on(name, () => {
      const now = performance.now();
      if (first !== undefined && now - first < SAME_SIGNAL_MS) return;
      process.exitCode = 128 + constants.signals[name];
      if (first !== undefined) process.exit();
      first = now;
      controller.abort(new Error(`stopped by ${name}`));
    });
  }
  return controller.signal;
}
