import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { ALERTS } from '../observability/source/alerts.ts';
import { parseConfig, SETTINGS } from '../src/config.ts';
import { ERRORS } from '../src/errors.ts';
import { MODEL_FAULTS } from '../src/inference/types.ts';
import { createCatalog } from '../src/metrics/catalog.ts';
import { OPERATIONS } from '../src/protocols/openapi-operations.ts';
import { createTestApp } from './helpers/app.ts';
import { DOCUMENTS, readAllCommands, readCommands } from './helpers/doc-commands.ts';
import type { Place } from './helpers/doc-place.ts';
import { runCommands } from './helpers/doc-run.ts';
import { FAST_SCENES } from './helpers/doc-scenes.ts';
import { installPrograms } from './helpers/install-programs.ts';

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
});

// Commands take as long as they do, and other tests run beside them.
describe('the commands of the documents', { timeout: 120_000 }, () => {
  beforeAll(() => installPrograms({ bash: 'bash', curl: 'curl', git: 'git' }));

  it.each(DOCUMENTS)('have marks that say what runs them: %s', (path) => {
    expect(readCommands(path).faults).toEqual([]);
  });

  it.each(readAllCommands('checkout'))('$place', async (commands) => {
    const place = await FAST_SCENES.checkout();
    onTestFinished(() => place.stop());
    await runCommands(commands, place);
  });

  // One for all, since it takes a while to set up and nobody leaves it otherwise than it was.
  const running = (['server', 'edge'] as const)
    .map((scene) => ({ scene, blocks: readAllCommands(scene) }))
    .filter(({ blocks }) => blocks.length > 0);

  describe.each(running)('with a running $scene', ({ scene, blocks }) => {
    let place: Place;
    beforeAll(async () => {
      place = await FAST_SCENES[scene]();
    });
    afterAll(() => place?.stop());

    it.each(blocks)('$place', (commands) => runCommands(commands, place));
  });
});
