import { constants } from 'node:os';

/** Signals that come together are one: what runs a command may pass on those that a terminal has sent to the whole group. */
const SAME_SIGNAL_MS = 500;

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
