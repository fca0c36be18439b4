import { styleText } from 'node:util';

/** Columns that every terminal has. */
export const COLUMNS = 80;

/** Colours a text, or leaves it as it is where colours are not wanted. */
export type Paint = (style: Parameters<typeof styleText>[0], text: string) => string;

/** Where a terminal says what it can do. */
export interface ColourSupport {
  /** Whether it shows colours, and NO_COLOR does not forbid them. */
  hasColors(): boolean;
}

export function createPaint(terminal: ColourSupport): Paint {
  if (!terminal.hasColors()) return (_, text) => text;
  return (style, text) => styleText(style, text, { validateStream: false });
}

/**
 * A text on one line, without what a terminal would obey: names, reasons and payloads come from files and from clients,
 * and could move its cursor or rewrite what stands there.
 */
export function plain(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ');
}

/** As much of a text as fits, with an ellipsis in the place of the rest. */
export function cut(text: string, columns: number): string {
  const characters = [...text];
  if (characters.length <= columns) return text;
  return `${characters.slice(0, Math.max(0, columns - 1)).join('')}…`;
}

/**
 * Items between commas, on as many lines as they need; a line is broken between two items only.
 *
 * @param columns of a line
 */
export function wrapItems(items: readonly string[], columns: number): string[] {
  const lines: string[] = [];
  for (const [i, item] of items.entries()) {
    const text = i < items.length - 1 ? `${item},` : item;
    const longer = `${lines.at(-1)} ${text}`;
    if (lines.length > 0 && longer.length <= columns) lines[lines.length - 1] = longer;
    else lines.push(text);
  }
  return lines;
}

/** A word of a shell command, in quotes where it needs some. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
