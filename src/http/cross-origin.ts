import type { MiddlewareHandler } from 'hono';
import { cors } from 'hono/cors';

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
export function allowOrigins(origins: readonly string[]): MiddlewareHandler {
  return cors({
    origin: origins.includes('*') ? '*' : [...origins],
    allowMethods: ['GET', 'HEAD', 'POST'],
    allowHeaders: ALLOWED,
    exposeHeaders: EXPOSED,
    maxAge: PREFLIGHT_SECONDS,
  });
}
