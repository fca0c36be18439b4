import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import packageJson from '../package.json' with { type: 'json' };
import { SETTINGS } from '../src/config.ts';
import { DOCUMENTS } from './helpers/doc-commands.ts';
import { readAnchors, readLinks } from './helpers/markdown.ts';

const read = (path: string) => readFileSync(path, 'utf8');

/** What every match of a pattern has in its first group. */
const findAll = (text: string, pattern: RegExp): string[] =>
  [...text.matchAll(pattern)].map(([, found = '']) => found);

const scriptsIn = (text: string) =>
  findAll(text, /\bnpm\s+(?:run\s+(?:--\w+\s+)*)?((?<=run\s+(?:--\w+\s+)*)[\w:-]+|start|test)\b/g);

const programsIn = (text: string) =>
  findAll(text, /\b(?:node|vitest run)\s+(?:--[\w-]+\s+)*([\w./-]+\.(?:ts|js|mjs))\b/g);

const settingsIn = (text: string) =>
  findAll(text, /((?:\b[A-Z][A-Z0-9_]*=\S*\s+)+)(?:npm|npx|node)\s/g).flatMap((assignments) =>
    findAll(assignments, /(?:^|\s)(\w+)=/g),
  );

const isSetting = (name: string) => SETTINGS.some((setting) => setting === name);

/** Whether a relative link of a document leads to a file that is there, and to a heading that it has. */
function leadsSomewhere(document: string, link: string): boolean {
  const [path = '', anchor] = link.split('#');
  const target = path === '' ? document : join(dirname(document), decodeURIComponent(path));
  if (!existsSync(target)) return false;
  return anchor === undefined || readAnchors(read(target)).includes(anchor);
}

describe('the documents', () => {
  it.each(DOCUMENTS)('link to what there is: %s', (path) => {
    const links = readLinks(read(path)).filter((link) => !/^[a-z]+:/.test(link));
    expect(links.filter((link) => !leadsSomewhere(path, link))).toEqual([]);
  });

  it.each(DOCUMENTS)('name scripts, programs and settings that there are: %s', (path) => {
    const text = read(path);
    const scripts = scriptsIn(text).filter((name) => !Object.hasOwn(packageJson.scripts, name));
    const programs = programsIn(text).filter((program) => !existsSync(program));
    const settings = settingsIn(text).filter((name) => !isSetting(name));
    expect({ scripts, programs, settings }).toEqual({ scripts: [], programs: [], settings: [] });
  });
});

describe('what a document names', () => {
  it('is found in text and in code, wherever a line ends', () => {
    expect(scriptsIn('`npm run a:b -- --c`, npm run\nd; npm start, npm test, npm install')).toEqual(
      ['a:b', 'd', 'start', 'test'],
    );
    expect(programsIn('`node --expose-gc bench/x.ts`, npx vitest run\ntest/y.test.ts')).toEqual([
      'bench/x.ts',
      'test/y.test.ts',
    ]);
    expect(settingsIn('`PORT=1 HOST= npm start` with API_TOKEN=x')).toEqual(['PORT', 'HOST']);
    expect(readLinks('[a](b.md#c), ![d](e.svg)\n\n| f |\n| --- |\n| [g](h) |\n')).toEqual([
      'b.md#c',
      'e.svg',
      'h',
    ]);
  });

  it('is a heading as GitHub calls it, of a file beside the document', () => {
    expect(readAnchors('# One `two`: three\n\n## Same\n\n## Same\n')).toEqual([
      'one-two-three',
      'same',
      'same-1',
    ]);
    expect(leadsSomewhere('docs/models.md', '#memory')).toBe(true);
    expect(leadsSomewhere('docs/models.md', '../README.md#settings')).toBe(true);
    expect(leadsSomewhere('docs/models.md', 'errors.md#no-such-heading')).toBe(false);
    expect(leadsSomewhere('docs/models.md', 'no-such-file.md')).toBe(false);
  });
});
