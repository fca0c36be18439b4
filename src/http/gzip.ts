import type { Context, MiddlewareHandler } from 'hono';
import { compress } from 'hono/compress';
import { parseAccept } from 'hono/utils/accept';

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
    if (takesGzip(acceptedByClient(c))) c.header('Content-Encoding', 'gzip');
  };
}

/** What the client accepts: the header of a Worker's request names what the platform accepts instead. */
function acceptedByClient(c: Context): string {
  const { cf } = c.req.raw as { cf?: { clientAcceptEncoding?: string } };
  return cf?.clientAcceptEncoding ?? c.req.header('Accept-Encoding') ?? '';
}

function takesGzip(accepted: string): boolean {
  const [preferred] = parseAccept(accepted.toLowerCase())
    .filter(({ type, q }) => q > 0 && (type === 'gzip' || type === 'identity'))
    .toSorted((a, b) => b.q - a.q || Number(b.type === 'gzip') - Number(a.type === 'gzip'));
  return preferred?.type === 'gzip';
}
