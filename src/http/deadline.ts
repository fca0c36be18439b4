import { AppError } from '../errors.ts';

/** Calls back after so many milliseconds, unless it is called off by what it gives. */
export type After = (ms: number, callback: () => void) => () => void;

export const after: After = (ms, callback) => {
  const timer = setTimeout(callback, ms);
  return () => clearTimeout(timer);
};

/** The request itself took longer than it may. */
export function arrivedTooSlowly(): AppError {
  return new AppError('request_timeout', 'the request took too long to arrive', {
    headers: { Connection: 'close' },
  });
}
