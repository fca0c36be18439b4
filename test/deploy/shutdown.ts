import { readFileSync } from 'node:fs';

/** What the last push may take once everything is answered; of the entry's text, since importing it starts a server. */
export const LAST_PUSH_SECONDS = readMilliseconds('LAST_PUSH_MS') / 1000;

function readMilliseconds(name: string): number {
  const entry = readFileSync('src/node.ts', 'utf8');
  const [, value] = new RegExp(`^const ${name} = (\\d+);$`, 'm').exec(entry) ?? [];
  if (value === undefined) throw new Error(`src/node.ts has no constant ${name}`);
  return Number(value);
}
