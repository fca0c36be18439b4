import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ALERTS } from '../observability/source/alerts.ts';
import { parseConfig, SETTINGS } from '../src/config.ts';
import { ERRORS } from '../src/errors.ts';
import { MODEL_FAULTS } from '../src/inference/types.ts';
import { createCatalog } from '../src/metrics/catalog.ts';
import { OPERATIONS } from '../src/protocols/openapi-operations.ts';
import { createTestApp } from './helpers/app.ts';
import { post } from './helpers/golden.ts';

/** The rows of the table in a document whose head begins with a word, without the marks around code. */
function table(path: string, head: string): string[][] {
  const lines = readFileSync(path, 'utf8').split('\n');
  const start = lines.findIndex((line) => line.startsWith(`| ${head} |`));
  const end = lines.findIndex((line, i) => i > start && !line.startsWith('|'));
  return lines.slice(start + 2, end).map((line) =>
    line
      .slice(1, -1)
      .split('|')
      .map((cell) => cell.trim().replaceAll('`', '')),
  );
}

describe('the documents', () => {
  it('list every error code as it is', () => {
    expect(table('docs/errors.md', 'code')).toEqual(
      Object.entries(ERRORS).map(([code, { status, retryable, meaning }]) => [
        code,
        String(status),
        retryable ? 'yes' : 'no',
        meaning,
      ]),
    );
  });

  it('list every metric as it is', () => {
    expect(table('docs/metrics.md', 'metric')).toEqual(
      Object.values(createCatalog()).map((family) => [
        family.name,
        family.snapshot().type,
        family.labels.join(', '),
        family.help,
      ]),
    );
  });

  it('list every endpoint', async () => {
    const { app } = await createTestApp();
    const routes = app.routes
      .filter(({ method }) => method !== 'ALL')
      .map(({ method, path }) => `${method} ${path}`);
    const listed = ['README.md', 'docs/protocols.md'].flatMap((path) =>
      table(path, 'endpoint').map(([endpoint]) => endpoint),
    );
    expect(listed.sort()).toEqual([...new Set(routes)].sort());
  });

  it('describe every endpoint but the pages in /openapi.json, and no other', async () => {
    const { app } = await createTestApp({ PAGE: 'off' });
    const routes = app.routes
      .filter(({ method }) => method !== 'ALL')
      .map(({ method, path }) => `${method} ${path}`);
    expect(Object.keys(OPERATIONS).sort()).toEqual([...new Set(routes)].sort());
  });

  it.each(table('docs/protocols.md', 'of the protocol'))(
    'name a test that is there for %s',
    (_, shown = '') => {
      const [path = '', title = ''] = shown.split(': ');
      const tests = readFileSync(path, 'utf8').matchAll(
        /\b(?:it|describe)(?:\.each\(.*?\))?\(\s*(['"])(.*?)\1,/gs,
      );
      expect([...tests].map(([, , name]) => name)).toContain(title);
    },
  );

  it('list every setting with its default', () => {
    const defaults: Record<string, unknown> = parseConfig({});
    const rows = table('README.md', 'setting');
    expect(rows.map(([name]) => name).sort()).toEqual([...SETTINGS].sort());
    for (const [name = '', shown] of rows) {
      const expected = defaults[name];
      if (expected !== undefined) expect([name, shown]).toEqual([name, String(expected)]);
    }
  });

  it('list every alert with its severities', () => {
    const severities = new Map<string, string[]>();
    for (const { name, severity } of ALERTS) {
      severities.set(name, [...(severities.get(name) ?? []), severity]);
    }
    expect(table('README.md', 'alert').map(([name, , severity]) => [name, severity])).toEqual(
      [...severities].map(([name, all]) => [name, all.join(', ')]),
    );
  });

  it('list every fault of a model as it is', () => {
    expect(table('docs/errors.md', 'reason')).toEqual(Object.entries(MODEL_FAULTS));
  });

  it.each(['predict', 'by name'])('show an example that answers as shown: %s', async (name) => {
    const { app } = await createTestApp();
    const readme = readFileSync('README.md', 'utf8');
    const [, example = ''] = readme.split(`<!-- example: ${name} -->\n`);
    const [, path = ''] = /curl -s localhost:8000(\S+)/.exec(example) ?? [];
    const [, body = ''] = /-d '([^']+)'/.exec(example) ?? [];
    const [, shown = ''] = /```json\n(.+)\n```/.exec(example) ?? [];
    const answer: unknown = await (await app.request(path, post(body))).json();
    expect(answer).toEqual({ ...JSON.parse(shown), time_ms: expect.any(Number) });
  });
});
