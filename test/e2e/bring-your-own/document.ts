import { readFileSync } from 'node:fs';

/** A fenced block of a document that a comment on the line before it says something of. */
export interface MarkedBlock {
  readonly mark: string;
  readonly language: string;
  readonly text: string;
  /** The JSON that the document shows right below: what is answered. */
  readonly answer: string | undefined;
}

const MARKED = /^<!-- ([^\n]+) -->\n```(\w*)\n(.*?)^```$(?:\n\n```json\n(.*?)^```$)?/gms;

export function readMarkedBlocks(path: string): MarkedBlock[] {
  const document = readFileSync(path, 'utf8');
  return [...document.matchAll(MARKED)].map(([, mark = '', language = '', text = '', answer]) => {
    return { mark, language, text, answer };
  });
}

/** The messages in the first column of the table whose head begins with those words; `…` stands for anything. */
export function readMessages(path: string, head: string): { message: string; pattern: RegExp }[] {
  const lines = readFileSync(path, 'utf8').split('\n');
  const start = lines.findIndex((line) => line.startsWith(`| ${head} |`));
  const end = lines.findIndex((line, i) => i > start && !line.startsWith('|'));
  return lines.slice(start + 2, end).map((line) => {
    const [, message = ''] = /^\| `(.+?)` \|/.exec(line) ?? [];
    const parts = message.split('…').map((part) => RegExp.escape(part));
    return { message, pattern: new RegExp(`^${parts.join('.*')}$`) };
  });
}
