import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { DOCUMENTS, readAllCommands } from '../helpers/doc-commands.ts';
import { Place } from '../helpers/doc-place.ts';
import { runCommands } from '../helpers/doc-run.ts';
import { freePort } from '../helpers/free-port.ts';
import { readBlocks } from '../helpers/markdown.ts';
import type { Prometheus } from './prometheus.ts';
import { startWatched } from './watched-place.ts';

/** Every query that a document shows, once. */
const queries = new Set(
  DOCUMENTS.flatMap((path) =>
    readBlocks(readFileSync(path, 'utf8')).flatMap(({ token }) =>
      token.type === 'code' && token.lang === 'promql' ? [String(token.text)] : [],
    ),
  ),
);

describe('the commands of the documents', () => {
  it.each(readAllCommands('clean checkout'))('from nothing, $place', async (commands) => {
    const port = String(await freePort());
    const addresses = { 'localhost:8000': `localhost:${port}` };
    const place = new Place({ hasPackages: false, addresses, env: { PORT: port } });
    onTestFinished(() => place.stop());
    await runCommands(commands, place);
  });

  describe('with Kilat, Prometheus and Alertmanager', () => {
    let place: Place;
    let prometheus: Prometheus;
    beforeAll(async () => {
      ({ place, prometheus } = await startWatched());
    });
    afterAll(() => place?.stop());

    it.each(readAllCommands('prometheus'))('$place', (commands) => runCommands(commands, place));

    it.each([...queries])('%s', async (query) => {
      const answer = await fetch(
        new URL(`/api/v1/query?${new URLSearchParams({ query })}`, prometheus.url),
      );
      expect(await answer.json()).toMatchObject({ status: 'success' });
    });
  });
});
