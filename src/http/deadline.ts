import { AppError } from '../errors.ts';

/** Calls back after so many milliseconds, unless it is called off by what it gives. */
export type After = (ms: number, callback: () => void) => () => void;

export const after: After = (ms, callback) => {
  const timer = setTimeout(callback, ms);
  return () => clearTimeout(timer);
};

/** When a request has to be answered, whatever it waits for then. */
export class Deadline {
  /** In milliseconds of the clock. */
  private at: number;
  private readonly now: () => number;
  private readonly after: After;
  private expire: (() => void) | undefined;
  private callOff: (() => void) | undefined;

  constructor(at: number, parts: { readonly now: () => number; readonly after: After }) {
    this.at = at;
    this.now = parts.now;
    this.after = parts.after;
  }

  get time(): number {
    return this.at;
  }

  /** Sets an earlier time; a later one changes nothing. */
  shorten(at: number): void {
    if (at >= this.at) return;
    this.at = at;
    if (!this.expire) return;
    this.callOff?.();
    this.callOff = this.after(at - this.now(), this.expire);
  }

  /**
   * What comes of the work, unless the time is up before: the work then goes on, and nobody hears of its end.
   *
   * @param whyLate the error for when it is
   */
  race<T>(work: Promise<T>, whyLate: () => AppError): Promise<T> {
    return new Promise((resolve, reject) => {
      this.expire = () => reject(whyLate());
      this.callOff = this.after(this.at - this.now(), this.expire);
      const end = () => {
        this.expire = undefined;
        this.callOff?.();
      };
      work.then(
        (result) => {
          end();
          resolve(result);
        },
        (error) => {
          end();
          reject(error);
        },
      );
    });
  }
}

/** The time of a request was up. */
export function timedOut(): AppError {
  return new AppError('timeout', 'the request waited longer than it may');
}

/** The request itself took longer than it may. */
export function arrivedTooSlowly(): AppError {
  return new AppError('request_timeout', 'the request took too long to arrive', {
    headers: { Connection: 'close' },
  });
}
