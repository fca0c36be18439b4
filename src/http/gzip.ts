import type { MiddlewareHandler } from 'hono';
import { accepts } from 'hono/accepts';
import { compress } from 'hono/compress';

/** Leaves everybody else's answers alone, down to their headers: looking at those costs as much as an answer. */
export function whenAsked(compress: MiddlewareHandler): MiddlewareHandler {
  return async function compressWhenAsked(c, next) {
    const accepted = c.req.header('Accept-Encoding');
    if (accepted === undefined || accepted === 'identity') await next();
    else return compress(c, next);
  };
}

/** Compresses answers of any type for those who ask for it, where the app has to do that itself. */
export function gzip(): MiddlewareHandler {
  return compress({ encoding: 'gzip', contentTypeFilter: () => true });
}

/**
 * The same where the platform compresses what is marked as compressed: Workers encode a body by its
 * Content-Encoding on the way out, and a body that came compressed would be compressed twice.
 */
export function gzipByPlatform(): MiddlewareHandler {
  return async function gzipByPlatform(c, next) {
    await next();
    c.header('Vary', 'Accept-Encoding', { append: true });
    const supports = ['gzip', 'identity'];
    const encoding = accepts(c, { header: 'Accept-Encoding', supports, default: 'identity' });
    if (encoding === 'gzip') c.header('Content-Encoding', 'gzip');
  };
}
