import process from 'node:process';
import { isMainThread } from 'node:worker_threads';

/** A fault from outside, loaded ahead of the server with `--import`: on SIGUSR2 something throws where nobody catches it. */
if (isMainThread) {
  process.on('SIGUSR2', () => {
    setTimeout(() => {
      throw new Error('thrown from outside');
    }, 1);
  });
}
