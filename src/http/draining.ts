import type { MiddlewareHandler } from 'hono';
import { AppError } from '../errors.ts';

/** Whether the server is on its way out; the entry sets it. */
export interface Lifecycle {
  draining: boolean;
}

/** What waits for nothing, and still has to be asked of a server that stops. */
export const ALWAYS_ANSWERED = new Set(['/healthz', '/metrics']);

/**
 * Turns new requests away while the server drains, and lets every connection end with the answer that is
 * under way on it.
 */
export function drain(lifecycle: Lifecycle): MiddlewareHandler {
  return async function drain(c, next) {
    if (lifecycle.draining && !ALWAYS_ANSWERED.has(c.req.path)) {
      throw new AppError('shutting_down', 'the server is shutting down', {
        headers: { Connection: 'close' },
      });
    }
    await next();
    if (lifecycle.draining) c.header('Connection', 'close');
  };
}
