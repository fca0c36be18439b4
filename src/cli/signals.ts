import { constants } from 'node:os';

/** Aborted by the first signal to stop; the second ends the process at once. */
export function stopOnSignals(): AbortSignal {
  const controller = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.once(name, () => {
      process.exitCode = 128 + constants.signals[name];
      controller.abort(new Error(`stopped by ${name}`));
    });
  }
  return controller.signal;
}
