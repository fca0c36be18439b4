import type { MiddlewareHandler } from 'hono';
import { cors } from 'hono/cors';
import type { RequestVariables } from './observe.ts';

/** What a page elsewhere may send beside the headers that every page may. */
const ALLOWED = [
  'Authorization',
  'Content-Type',
  'Content-Encoding',
  'Inference-Header-Content-Length',
  'X-Request-Id',
  'traceparent',
];

/** What a page elsewhere may read beside the headers that every page may. */
const EXPOSED = [
  'Inference-Header-Content-Length',
  'Retry-After',
  'WWW-Authenticate',
  'X-Request-Id',
  'traceresponse',
];

/** For how long a browser need not ask again, in seconds: what browsers cap it at. */
const PREFLIGHT_SECONDS = 7200;

/**
 * Lets pages of other origins read the answers (CORS).
 *
 * @param origins as browsers write them, or `*` for every one
 */
export function allowOrigins(
  origins: readonly string[],
): MiddlewareHandler<{ Variables: RequestVariables }> {
  const allow = cors({
    origin: origins.includes('*') ? '*' : [...origins],
    allowMethods: ['GET', 'HEAD', 'POST'],
    allowHeaders: ALLOWED,
    exposeHeaders: EXPOSED,
    maxAge: PREFLIGHT_SECONDS,
  });
  return async function allowOrigins(c, next) {
    // Asked otherwise than by a browser ahead of a request, it is a method that no endpoint takes.
    const isForBrowser = c.req.header('Access-Control-Request-Method') !== undefined;
    if (c.req.method === 'OPTIONS' && !isForBrowser) return next();
    const preflight = await allow(c, next);
    preflight?.headers.set('X-Request-Id', c.get('requestId'));
    return preflight;
  };
}
