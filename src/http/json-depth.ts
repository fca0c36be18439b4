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
  const { length, byteOffset } = bytes;
  const skipPlain = createSkipper(bytes);
  let depth = 0;
  for (let i = 0; i < length; i++) {
    if (((byteOffset + i) & 3) === 0) {
      i = skipPlain(i);
      if (i >= length) break;
    }
    const byte = bytes[i] as number;
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

/**
 * Makes what steps over digits, commas and spaces, which most of a body is, four at a time: all that is looked for has
 * one of the two highest bits set, but the quote.
 *
 * @returns for the place of a byte that lies where a word begins, the next such place that has something else behind it
 */
function createSkipper({ buffer, byteOffset, length }: Uint8Array): (start: number) => number {
  const first = (byteOffset + 3) & ~3;
  const end = (byteOffset + length) & ~3;
  if (end <= first) return (start) => start;
  const words = new Int32Array(buffer, first, (end - first) >> 2);
  const shift = first - byteOffset;
  return (start) => {
    let word = (start - shift) >> 2;
    while (word < words.length) {
      const four = words[word] as number;
      const quotes = four ^ 0x22222222;
      const hasQuote = (quotes - 0x01010101) & ~quotes & 0x80808080;
      if ((four & 0xc0c0c0c0) !== 0 || hasQuote !== 0) break;
      word++;
    }
    return (word << 2) + shift;
  };
}

/** @returns the place of the quote that ends the text which begins at a quote, or the end where none does */
function endOfText(bytes: Uint8Array, start: number): number {
  let i = start + 1;
  while (i < bytes.length && bytes[i] !== QUOTE) i += bytes[i] === BACKSLASH ? 2 : 1;
  return i;
}
