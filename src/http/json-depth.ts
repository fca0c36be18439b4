/** How deep a JSON text is nested, looked for no deeper than asked. */

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/**
 * Whether JSON is nested deeper than a limit. It looks at bytes and builds nothing, so that it can be asked ahead of
 * the parser; what is no JSON gives either answer.
 *
 * @param bytes UTF-8, in which none of the bytes looked for is ever part of another character
 */
export function isDeeperThan(bytes: Uint8Array, limit: number): boolean {
  let depth = 0;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i] as number;
    // Digits, commas and spaces, which most of a body is, are behind this one comparison.
    if (byte < OPEN_BRACKET && byte !== QUOTE) continue;
    if (byte === OPEN_BRACKET || byte === OPEN_BRACE) {
      depth++;
      if (depth > limit) return true;
    } else if (byte === CLOSE_BRACKET || byte === CLOSE_BRACE) {
      depth--;
    } else if (byte === QUOTE) {
      i = endOfText(bytes, i);
    }
  }
  return false;
}

/** @returns the place of the quote that ends the text which begins at a quote, or the end where none does */
function endOfText(bytes: Uint8Array, start: number): number {
  let i = start + 1;
  while (i < bytes.length && bytes[i] !== QUOTE) i += bytes[i] === BACKSLASH ? 2 : 1;
  return i;
}
