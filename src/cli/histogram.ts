import type { Bucket } from './log-buckets.ts';

/** An eighth of a character's width more each. */
const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];

/**
 * Draws a histogram of times: a line for each bucket, with its bounds in milliseconds, a bar and its count.
 *
 * @param width characters in a line, at most
 */
export function drawHistogram(buckets: readonly Bucket[], width: number): string[] {
  const ranges = buckets.map(({ from, to }) => [format(from), format(to)] as const);
  const counts = buckets.map(({ count }) => String(count));
  const widest = (texts: readonly string[]) => Math.max(...texts.map((text) => text.length));
  const left = widest(ranges.map(([from]) => from));
  const right = widest(ranges.map(([, to]) => to));
  const room = Math.max(1, width - left - right - widest(counts) - ' –   '.length);
  const most = Math.max(...buckets.map(({ count }) => count));
  return ranges.map(([from, to], row) => {
    const count = buckets[row]?.count ?? 0;
    const range = `${from.padStart(left)} – ${to.padStart(right)}`;
    return [range, bar((count / most) * room), counts[row]].filter((part) => part !== '').join(' ');
  });
}

/** @param length in characters; whatever is not nothing can be seen */
function bar(length: number): string {
  const eighths = Math.max(length > 0 ? 1 : 0, Math.round(length * 8));
  return '█'.repeat(Math.floor(eighths / 8)) + (EIGHTHS[eighths % 8] ?? '');
}

/** In three digits, which tell any two bounds of buckets apart. */
function format(milliseconds: number): string {
  if (milliseconds >= 1000) return String(Number(milliseconds.toPrecision(3)));
  return milliseconds.toPrecision(3);
}
