import diagnostics from 'node:diagnostics_channel';
import { performance } from 'node:perf_hooks';
import process from 'node:process';
import { isMainThread, type Worker } from 'node:worker_threads';

/** One that is younger may still be loading its model, and its end would be that of the model. */
const LEAST_AGE_MS = 3000;

/**
 * A fault from outside, loaded ahead of the server with `--import`: on SIGUSR2 the thread that has lived longest is ended,
 * as one ends that runs out of memory. The server knows nothing of it; Node itself announces the threads.
 */
if (isMainThread) {
  const living = new Map<Worker, number>();
  diagnostics.subscribe('worker_threads', (message) => {
    const { worker } = message as { worker: Worker };
    living.set(worker, performance.now());
    worker.once('exit', () => living.delete(worker));
  });
  process.on('SIGUSR2', () => {
    const [[oldest, since] = []] = living;
    if (!oldest || since === undefined || performance.now() - since < LEAST_AGE_MS) return;
    void oldest.terminate();
    process.stderr.write('a thread was ended\n');
  });
}
