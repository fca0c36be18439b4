import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestApp } from '../helpers/app.ts';
import { TARGETS, type Target, WASM_TARGETS } from '../helpers/targets.ts';

describe.each(WASM_TARGETS)('the pages, %s', (name) => {
  let target: Target;
  beforeAll(async () => {
    target = await TARGETS[name]();
  });
  afterAll(() => target.stop());

  /** The files that a page names, by their addresses. */
  const filesOf = async (path: string) => {
    const html = await (await target.fetch(path)).text();
    return [...html.matchAll(/(?:href|src)="(assets\/[^"]+)"/g)].map(([, file]) => `/${file}`);
  };

  it.each(['/', '/docs'])('%s may load and ask its own server alone', async (path) => {
    const response = await target.fetch(path);
    expect(response.status).toBe(200);
    expect(response.headers.get('Content-Type')).toBe('text/html; charset=utf-8');
    expect(response.headers.get('X-Content-Type-Options')).toBe('nosniff');
    const policy = response.headers.get('Content-Security-Policy')?.split('; ');
    expect(policy).toEqual(
      expect.arrayContaining([
        "default-src 'none'",
        "script-src 'self'",
        "connect-src 'self'",
        "frame-ancestors 'none'",
      ]),
    );
    expect(policy?.join()).not.toMatch(/unsafe|\*|http/);
    // Neither scripts nor styles stand in the page itself, which that policy would refuse.
    expect(await response.text()).not.toMatch(/<script(?![^>]*src=)|<style|style=|\son\w+=/);
  });

  it.each(['/', '/docs'])(
    '%s names its files by what they hold, to be kept for ever',
    async (path) => {
      const files = await filesOf(path);
      expect(files.map((file) => file.slice(file.lastIndexOf('.'))).sort()).toEqual([
        '.css',
        '.js',
        '.svg',
      ]);
      for (const file of files) {
        expect(file).toMatch(/-[A-Z0-9]{8}\.\w+$/);
        const response = await target.fetch(file);
        expect(response.status).toBe(200);
        expect(response.headers.get('Cache-Control')).toBe('public, max-age=31536000, immutable');
        expect(response.headers.get('Content-Type')).toMatch(/javascript|css|svg/);
        expect((await response.arrayBuffer()).byteLength).toBeGreaterThan(100);
      }
    },
  );

  it('are asked for again, and sent again only when they have changed', async () => {
    const first = await target.fetch('/');
    expect(first.headers.get('Cache-Control')).toBe('no-cache');
    const tag = first.headers.get('ETag');
    expect(tag).not.toBeNull();
    const second = await target.fetch('/', { headers: { 'If-None-Match': tag ?? '' } });
    expect(second.status).toBe(304);
    expect(await second.text()).toBe('');
  });

  it('are compressed for those who take that', async () => {
    const [script = ''] = (await filesOf('/')).filter((file) => file.endsWith('.js'));
    const response = await target.fetch(script, { headers: { 'Accept-Encoding': 'gzip' } });
    expect(response.headers.get('Content-Encoding')).toBe('gzip');
    expect(await target.decoded(response)).toContain('predict');
  });

  it.each([
    '/assets/page.js',
    '/assets/..%2Findex.html',
    '/assets/..%2F..%2Fpackage.json',
    '/assets/%2e%2e/index.html',
    '/index.html',
    '/docs.html',
    '/assets/',
  ])('are no way to anything else: %s', async (path) => {
    const response = await target.fetch(path);
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ code: 'not_found' });
  });
});

describe('the pages', () => {
  it('are not in the way of a prediction', async () => {
    const handlers = async (settings: Record<string, string>) => {
      const { app } = await createTestApp(settings);
      const [matched] = app.router.match('POST', '/predict');
      return matched.length;
    };
    expect(await handlers({ PAGE: 'on' })).toBe(await handlers({ PAGE: 'off' }));
  });
});
