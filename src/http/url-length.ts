import type { MiddlewareHandler } from 'hono';
import { AppError } from '../errors.ts';

/** Turns away requests whose URL is longer than a limit, ahead of looking for its route. */
export function limitUrl(maxBytes: number): MiddlewareHandler {
  return async function limitUrl(c, next) {
    // What is not ASCII stands percent-encoded in it, so that characters are bytes.
    if (c.req.url.length > maxBytes) {
      throw new AppError('url_too_long', `expected a URL of at most ${maxBytes} bytes`);
    }
    await next();
  };
}
