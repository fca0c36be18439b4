import { COLORS, FONT } from './theme.ts';

/** A rectangle, in pixels from the upper left corner of what it lies in. */
export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

type Attributes = Readonly<Record<string, string | number>>;

export function element(name: string, attributes: Attributes, content = ''): string {
  const pairs = Object.entries(attributes).map(
    ([key, value]) => ` ${key}="${escapeMarkup(value)}"`,
  );
  return `<${name}${pairs.join('')}>${content}</${name}>`;
}

export function rectangle(box: Box, attributes: Attributes): string {
  return element('rect', { ...box, ...attributes });
}

interface TextStyle {
  readonly size: number;
  readonly color?: string;
  readonly weight?: number;
  readonly anchor?: 'start' | 'middle' | 'end';
  /** Pixels that there are for it; what does not fit is cut off. */
  readonly width?: number;
}

/** Text whose base line is at `y`. */
export function text(x: number, y: number, content: string, style: TextStyle): string {
  const { size, color = COLORS.text, weight = 400, anchor = 'start', width } = style;
  const shown = width === undefined ? content : truncate(content, size, width);
  return element(
    'text',
    { x, y, fill: color, 'font-size': size, 'font-weight': weight, 'text-anchor': anchor },
    escapeMarkup(shown),
  );
}

/** The style that text elements within it have. */
export function group(box: Pick<Box, 'x' | 'y'>, content: string): string {
  return element(
    'g',
    { transform: `translate(${box.x} ${box.y})`, 'font-family': FONT },
    `\n${content}\n`,
  );
}

/** About how wide a text is: there is no font here to measure with. */
export function textWidth(content: string, size: number): number {
  let width = 0;
  for (const character of content) {
    if (/[iljtfrI.,:;'|!\s]/.test(character)) width += 0.32;
    else if (/[mwMW%@]/.test(character)) width += 0.88;
    else width += /[A-Z_]/.test(character) ? 0.67 : 0.56;
  }
  return width * size;
}

function truncate(content: string, size: number, width: number): string {
  if (textWidth(content, size) <= width) return content;
  let shown = content;
  while (shown.length > 1 && textWidth(`${shown}…`, size) > width) shown = shown.slice(0, -1);
  return `${shown.trimEnd()}…`;
}

function escapeMarkup(value: string | number): string {
  return String(typeof value === 'number' ? Number(value.toFixed(2)) : value)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
