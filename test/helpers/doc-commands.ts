import { existsSync, globSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { type Mark, parseMark, type Scene } from './doc-marks.ts';
import { type Block, type PlacedBlock, readBlocks } from './markdown.ts';

/** The documents whose commands and links are held. */
export const DOCUMENTS = globSync([
  'README.md',
  'SECURITY.md',
  'docs/**/*.md',
  'observability/**/*.md',
  'bench/*.md',
]).sort();

const SHELLS = ['sh', 'bash', 'shell', 'zsh', 'console'];

/** A block of commands that a test runs. */
export interface Commands {
  /** The document, and the line that the block begins on. */
  readonly place: string;
  readonly code: string;
  readonly mark: Extract<Mark, { how: 'run' }>;
  readonly shown: { readonly isJson: boolean; readonly text: string } | undefined;
}

/** Everything in a document that a test has to run, and whatever is wrong with a mark. */
export function readCommands(path: string, markdown = readFileSync(path, 'utf8')) {
  const commands: Commands[] = [];
  const faults: string[] = [];
  for (const block of readBlocks(markdown)) {
    try {
      const found = readBlock(path, block);
      if (found) commands.push(found);
    } catch (error) {
      faults.push(`${path}:${block.line}: ${error instanceof Error ? error.message : error}`);
    }
  }
  return { commands, faults };
}

/** The commands of all documents for some of the scenes. */
export function readAllCommands(...scenes: readonly Scene[]): Commands[] {
  const all = DOCUMENTS.flatMap((path) => readCommands(path).commands);
  return all.filter(({ mark }) => scenes.includes(mark.scene));
}

/** @throws Error with what is wrong with the mark of a block, or with its place */
function readBlock(path: string, block: PlacedBlock): Commands | undefined {
  const { token, line, before, after } = block;
  if (token.type === 'html') checkPlace(token.text, before, after[0]);
  if (token.type !== 'code' || !SHELLS.includes(languageOf(token))) return undefined;
  if (languageOf(token) === 'console') {
    throw new Error('a block of console: write sh, and what it prints as a block of text');
  }
  const code: string = token.text;
  const mark = markOf(before);
  if (mark === undefined || mark.how === 'prints') {
    throw new Error('a block of commands without a mark (test/helpers/doc-marks.ts)');
  }
  if (mark.how === 'run by') checkRunBy(path, mark.path, code);
  if (mark.how !== 'run') return undefined;
  const shown = shownIn(after);
  if (shown && mark.untilItAnswers) {
    throw new Error('what it prints cannot be compared, since it does not end');
  }
  return { place: `${path}:${line}`, code, mark, shown };
}

/** A mark belongs to the block after it; blocks of other languages are the business of other tests. */
function checkPlace(comment: string, before: Block | undefined, after: Block | undefined): void {
  if (!/^<!-- (run|not run|prints)\b/.test(comment)) return;
  if (after?.token.type !== 'code') throw new Error('a mark with no block after it');
  if (/^<!-- prints\b/.test(comment) && before?.token.type !== 'code') {
    throw new Error('a mark of what is printed, with no block of commands before it');
  }
}

function markOf(block: Block | undefined): Mark | undefined {
  return block?.token.type === 'html' ? parseMark(block.token.text.trim()) : undefined;
}

function shownIn(blocks: readonly Block[]): Commands['shown'] {
  const isMarked = blocks[0]?.token.raw.trim() === '<!-- prints -->';
  const [block] = isMarked ? blocks.slice(1) : blocks;
  if (block?.token.type !== 'code') return undefined;
  const language = languageOf(block.token);
  if (language !== 'json' && language !== 'text') return undefined;
  return { isJson: language === 'json', text: block.token.text };
}

/** @throws Error where a file that is said to run commands has neither them nor the document's name in it */
function checkRunBy(document: string, path: string, code: string): void {
  if (!existsSync(path)) throw new Error(`run by ${path}, which is not there`);
  const text = readFileSync(path, 'utf8');
  if (text.includes(basename(document))) return;
  const missing = splitCommands(code).find((command) => !text.includes(command));
  if (missing !== undefined) throw new Error(`run by ${path}, which has no '${missing}'`);
}

/** Each command of a block on a line of its own. */
function splitCommands(code: string): string[] {
  const lines = code.replaceAll(/\\\n\s*/g, '').split(/\n| && /);
  return lines.map((line) => line.replace(/(?:^|\s)#.*$/, '').trim()).filter((line) => line !== '');
}

function languageOf(token: Block['token']): string {
  const language: unknown = 'lang' in token ? token.lang : undefined;
  return typeof language === 'string' ? (language.split(/\s/)[0] ?? '') : '';
}
