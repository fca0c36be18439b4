import type { MiddlewareHandler } from 'hono';
import { timingSafeEqual } from 'hono/utils/buffer';
import { AppError } from '../errors.ts';

const BEARER = /^Bearer +([A-Za-z0-9._~+/-]+=*) *$/i;

/**
 * Lets a request pass that carries `Authorization: Bearer <token>`, compared in constant time; every request
 * when there is no token to ask for.
 */
export function requireToken(token: string | undefined): MiddlewareHandler {
  return async function requireToken(c, next) {
    if (token !== undefined) {
      const [, given] = BEARER.exec(c.req.header('Authorization') ?? '') ?? [];
      if (given === undefined || !(await timingSafeEqual(given, token))) {
        throw new AppError(
          'unauthorized',
          'expected Authorization: Bearer <token>, with the token set',
          { headers: { 'WWW-Authenticate': 'Bearer' } },
        );
      }
    }
    await next();
  };
}
