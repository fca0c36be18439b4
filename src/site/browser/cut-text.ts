/** Characters of a text that are shown: a tensor may have millions, which would keep a browser busy for seconds. */
const LONGEST_TEXT = 20_000;

/** A text as far as it is of use to somebody who looks at it. */
export function cutText(text: string): string {
  if (text.length <= LONGEST_TEXT) return text;
  return `${text.slice(0, LONGEST_TEXT)}\n… ${text.length - LONGEST_TEXT} more characters`;
}
