import { findNodeAtLocation, type Node, parseTree } from 'jsonc-parser';

/** A line that may stay one, however much is nested in it. */
const LONGEST_LINE = 100;

/**
 * Puts a field into the text of a card, in the place of what it was, and leaves everything else as its owner wrote it.
 *
 * @param text JSON, an object
 */
export function setField(text: string, name: string, value: unknown): string {
  const root = parseTree(text);
  if (root?.type !== 'object') throw new Error('the card is no object');
  const former = findNodeAtLocation(root, [name]);
  const last = root.children?.at(-1);
  const indent = last ? indentOf(text, last) : undefined;
  const written = formatJson(value, indent ?? '');
  if (former) return splice(text, former.offset, former.offset + former.length, written);
  const field = `${JSON.stringify(name)}: ${written}`;
  if (!last) return splice(text, root.offset, root.offset + root.length, `{\n${field}\n}`);
  const end = last.offset + last.length;
  return splice(text, end, end, indent === undefined ? `, ${field}` : `,\n${indent}${field}`);
}

/** What stands before a field on its line; undefined where that is more than space. */
function indentOf(text: string, { offset }: Node): string | undefined {
  const before = text.slice(text.lastIndexOf('\n', offset - 1) + 1, offset);
  return before.trim() === '' ? before : undefined;
}

function splice(text: string, from: number, to: number, inserted: string): string {
  return text.slice(0, from) + inserted + text.slice(to);
}

/** The text of a new card: each of its fields begins a line. */
export function formatCard(card: object): string {
  const fields = entriesOf(card).map(([key, value]) => {
    return `  ${JSON.stringify(key)}: ${formatJson(value, '  ')}`;
  });
  return `{\n${fields.join(',\n')}\n}\n`;
}

/** JSON with a line for each innermost list or object, so that a card can be read: as `dumps` in model/train.py. */
export function formatJson(value: unknown, indent = ''): string {
  const flat = formatFlat(value);
  const isNested = Object.values(Object(value)).some(
    (item) => typeof item === 'object' && item !== null,
  );
  if (flat.length <= LONGEST_LINE || !isNested) return flat;
  const inner = `${indent}  `;
  const items = Array.isArray(value)
    ? value.map((item) => `${inner}${formatJson(item, inner)}`)
    : entriesOf(value).map(
        ([key, item]) => `${inner}${JSON.stringify(key)}: ${formatJson(item, inner)}`,
      );
  const [open, close] = Array.isArray(value) ? '[]' : '{}';
  return `${open}\n${items.join(',\n')}\n${indent}${close}`;
}

function formatFlat(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(formatFlat).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const fields = entriesOf(value).map(
    ([key, item]) => `${JSON.stringify(key)}: ${formatFlat(item)}`,
  );
  return `{${fields.join(', ')}}`;
}

/** The fields of an object that JSON has. */
function entriesOf(value: unknown): [string, unknown][] {
  return Object.entries(Object(value)).filter(([, item]) => item !== undefined);
}
