import type { Handler } from 'hono';
import { accepts } from 'hono/accepts';
import { AppError } from '../errors.ts';
import { answer } from '../http/answer.ts';

/** The pages that a person meets, as `npm run site` builds them: static files, which each runtime reads its own way. */

/**
 * Reads a file of the site.
 *
 * @param path from the site's root, such as `index.html` or `assets/page-ABCD1234.js`
 * @param gzip whether it may come compressed, where it has been already
 * @returns undefined where there is no such file
 */
export type ReadSiteFile = (path: string, gzip: boolean) => Promise<SiteFile | undefined>;

export interface SiteFile {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly isGzip: boolean;
}

/** Where the built files of pages lie under the site's root, each with a hash of what it holds in its name. */
const ASSETS = 'assets';

/**
 * A page may load what its own server has, and talk to that server alone: whatever a model's card or an answer says,
 * no script of anybody else runs, and nothing leaves for another host.
 */
const PAGE_HEADERS = {
  'Content-Type': 'text/html; charset=utf-8',
  // The page changes with each release, and names its files by their hashes.
  'Cache-Control': 'no-cache',
  'Content-Security-Policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    // Icons of the API's documentation are written into its style sheet.
    "img-src 'self' data:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Permissions-Policy': 'camera=(), geolocation=(), microphone=()',
  'Referrer-Policy': 'no-referrer',
};

/** Names that `npm run site` gives. Nothing else is looked for: what a request names must not become a way out. */
const ASSET_NAME = /^[\w-]+\.[\w.-]+$/;

const TYPES: Readonly<Record<string, string>> = {
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  svg: 'image/svg+xml',
  txt: 'text/plain; charset=utf-8',
};

/**
 * GET / and GET /docs.
 *
 * @throws AppError not_found where the site has not been built
 */
export function servePage(read: ReadSiteFile, file: string): Handler {
  return async function servePage(c) {
    const page = await read(file, false);
    if (page) return answer(c, page.bytes, PAGE_HEADERS);
    throw new AppError('not_found', 'the pages have not been built: `npm run site` does that');
  };
}

/** GET /assets/:file: what pages load. A name stands for one content for ever, so nobody asks twice. */
export function serveAsset(read: ReadSiteFile): Handler {
  return async function serveAsset(c) {
    const name = c.req.param('file') ?? '';
    const type = ASSET_NAME.test(name) && TYPES[name.slice(name.lastIndexOf('.') + 1)];
    const supports = ['gzip', 'identity'];
    const encoding = accepts(c, { header: 'Accept-Encoding', supports, default: 'identity' });
    const asset = type && (await read(`${ASSETS}/${name}`, encoding === 'gzip'));
    if (!asset) throw new AppError('not_found', `there is no file ${c.req.path.slice(0, 200)}`);
    return answer(c, asset.bytes, {
      ...(asset.isGzip && { 'Content-Encoding': 'gzip', Vary: 'Accept-Encoding' }),
      'Content-Type': type,
      'Cache-Control': 'public, max-age=31536000, immutable',
    });
  };
}
