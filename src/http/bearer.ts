import type { MiddlewareHandler } from 'hono';
import { timingSafeEqual } from 'hono/utils/buffer';
import { AppError } from '../errors.ts';

const BEARER = /^Bearer +([A-Za-z0-9._~+/-]+=*) *$/i;

/** Lets a request pass that carries the token; every request when there is no token to ask for. */
export function requireToken(token: string | undefined): MiddlewareHandler {
  return async function requireToken(c, next) {
    if (token !== undefined) await checkToken(c.req.header('Authorization'), token);
    await next();
  };
}

/** Lets a request pass that carries the administrator's token; none when there is no such token. */
export function requireAdmin(token: string | undefined): MiddlewareHandler {
  return async function requireAdmin(c, next) {
    await checkAdmin(c.req.header('Authorization'), token);
    await next();
  };
}

/** @throws AppError forbidden where nobody may, and unauthorized for whoever may not */
export async function checkAdmin(
  authorization: string | undefined,
  token: string | undefined,
): Promise<void> {
  if (token !== undefined) return checkToken(authorization, token);
  const message = 'loading and unloading models is off here; ADMIN_TOKEN turns it on, on Node';
  throw new AppError('forbidden', message);
}

/**
 * Holds `Authorization: Bearer <token>` against the token, in constant time.
 *
 * @throws AppError unauthorized
 */
async function checkToken(authorization: string | undefined, token: string): Promise<void> {
  const [, given] = BEARER.exec(authorization ?? '') ?? [];
  if (given !== undefined && (await timingSafeEqual(given, token))) return;
  const message = 'expected Authorization: Bearer <token>, with the token set';
  throw new AppError('unauthorized', message, { headers: { 'WWW-Authenticate': 'Bearer' } });
}
