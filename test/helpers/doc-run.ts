import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { Commands } from './doc-commands.ts';
import type { Place } from './doc-place.ts';
import { GOLDEN_MODELS, readCard, readGolden } from './golden.ts';

/**
 * Runs a block of commands, and compares what it prints with what the document shows.
 *
 * @throws Error with all that was printed, where they fail
 */
export async function runCommands({ code, mark, shown }: Commands, place: Place): Promise<void> {
  if (mark.file !== undefined) writeFileSync(join(place.folder, mark.file), createRows());
  const running = place.start(code, shown ? {} : { CURL_HOME: makeCurlStrict(place) });
  if (mark.untilItAnswers) {
    await running.answers();
    await running.stop();
    return;
  }
  const status = await running.ended;
  if (status !== 0) throw new Error(`ended with ${status}:\n${running.stdout}${running.stderr}`);
  if (shown) expectShown(place.delocalise(running.stdout), shown);
}

/** Makes an error of HTTP one of curl's own. */
function makeCurlStrict({ folder }: Place): string {
  const home = join(folder, 'dist/curl');
  mkdirSync(home, { recursive: true });
  writeFileSync(join(home, '.curlrc'), 'fail\nshow-error\n');
  return home;
}

function expectShown(printed: string, { isJson, text }: NonNullable<Commands['shown']>): void {
  if (isJson) {
    expect(JSON.parse(printed)).toEqual(JSON.parse(text, loosen));
    return;
  }
  // npm says first what it runs.
  const own = printed.replaceAll(/^\n> .+\n> .+\n\n/gm, '');
  const pattern = RegExp.escape(text.trim()).replaceAll(RegExp.escape('…'), '[^]*');
  expect(own.trim()).toMatch(new RegExp(`^${pattern}$`));
}

function loosen(key: string, value: unknown): unknown {
  if (key === 'time_ms') return expect.any(Number);
  return value === '…' ? expect.anything() : value;
}

/** A file of rows, with the features of every shipped model beside each other. */
function createRows(): string {
  const models = GOLDEN_MODELS.map((model) => ({
    names: readCard(model).features.map(({ name }) => name),
    rows: readGolden(model).rows,
  }));
  const count = Math.min(...models.map(({ rows }) => rows.length));
  const lines = Array.from({ length: count }, (_, i) =>
    models.flatMap(({ rows }) => rows[i] ?? []),
  );
  return [models.flatMap(({ names }) => names), ...lines]
    .map((cells) => cells.join(','))
    .join('\n');
}
