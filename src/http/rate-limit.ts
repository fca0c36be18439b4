import type { Context } from 'hono';
import { AppError } from '../errors.ts';

/** A limit of requests by key, such as a Worker's binding to the platform's own. */
export interface RateLimiter {
  limit(options: { key: string }): Promise<{ success: boolean }>;
}

/** The shortest time that the platform counts over, in seconds. */
const SHORTEST_PERIOD_SECONDS = 10;

/**
 * Turns away whoever asks for more than the limiter allows, each address for itself.
 *
 * @param addressOf where a request comes from, as the platform says
 * @returns throws AppError rate_limited
 */
export function limitRate(
  limiter: RateLimiter,
  addressOf: (c: Context) => string | undefined,
): (c: Context) => Promise<void> {
  return async function limitRate(c) {
    const { success } = await limiter.limit({ key: addressOf(c) ?? 'unknown' });
    if (success) return;
    throw new AppError('rate_limited', 'too many requests from this address', {
      headers: { 'Retry-After': String(SHORTEST_PERIOD_SECONDS) },
    });
  };
}
