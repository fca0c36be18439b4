import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../src/config.ts';
import { createTestApp } from '../helpers/app.ts';

const text = readFileSync('docs/deploy/nginx.conf', 'utf8').replaceAll(/^\s*#.*$/gm, '');
const config = parseConfig({});

/** The value of a directive that stands there once, in milliseconds where it is a time. */
function numberOf(name: string): number {
  const found = [...text.matchAll(new RegExp(`\\b${name} (\\d+)(s?);`, 'g'))];
  expect([name, found.length]).toEqual([name, 1]);
  const [[, digits = '', unit] = []] = found;
  return Number(digits) * (unit === 's' ? 1000 : 1);
}

describe('the configuration of nginx', () => {
  it('waits longer for an answer than Kilat takes for one', () => {
    expect(numberOf('proxy_read_timeout')).toBeGreaterThan(config.REQUEST_TIMEOUT_MS);
  });

  it('closes a connection before Kilat does', () => {
    expect(numberOf('keepalive_timeout')).toBeLessThan(config.IDLE_TIMEOUT_MS);
  });

  it('takes what Kilat takes, in the time that it takes', () => {
    expect(numberOf('client_max_body_size')).toBe(config.MAX_BODY_BYTES);
    expect(numberOf('client_header_timeout')).toBe(config.HEADER_TIMEOUT_MS);
    expect(numberOf('client_body_timeout')).toBe(config.BODY_TIMEOUT_MS);
  });

  it('asks another process when one refuses, which it does while it stops', async () => {
    const { app, lifecycle } = await createTestApp();
    lifecycle.draining = true;
    const { status } = await app.request('/predict', { method: 'POST' });
    expect(text).toContain(`proxy_next_upstream error timeout http_${status} non_idempotent;`);
    expect(text.match(/^\s*server 127\.0\.0\.1:/gm)).toHaveLength(2);
  });

  it('keeps to itself what is not for everybody', async () => {
    const { app } = await createTestApp();
    for (const [, path = ''] of text.matchAll(/location (?:= )?(\/\S+) \{\s*return 404;/g)) {
      expect(app.routes.some((route) => route.path.startsWith(path))).toBe(true);
    }
    expect(text.match(/return 404;/g)).toHaveLength(2);
  });
});
