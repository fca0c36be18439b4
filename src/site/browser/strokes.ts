/** What a hand draws, as the pixels that a model of handwriting was trained on. */

/** A place on the pad: 0, 0 is the top left, 1, 1 the bottom right. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/** Where the pointer went from being put down to being lifted. */
export type Stroke = readonly Point[];

/** How wide a pen is against the height of what it draws, and how many samples a pixel has in each direction. */
const PEN = 0.18;
const SAMPLES = 4;
/** What is drawn smaller than this part of the pad is not made larger: a dot stays one. */
const LEAST_SIZE = 0.3;

/**
 * Draws strokes into a grid the way the digits of UCI's optical recognition set were made: brought to one size and into
 * the middle, set as 4x4 bits a pixel, and of these the set ones counted
 * (https://archive.ics.uci.edu/dataset/80, and Kaynak 1995).
 *
 * @param rows the pixels from top to bottom, and `columns` those from left to right
 * @param ink the value of a pixel that is black all over
 * @returns rows x columns values from 0 to `ink`, row by row
 */
export function rasterise(
  strokes: readonly Stroke[],
  { rows, columns, ink }: { rows: number; columns: number; ink: number },
): number[] {
  const fitted = fitToBox(strokes, columns / rows);
  const pen = PEN / 2;
  const values: number[] = [];
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      let set = 0;
      for (let sample = 0; sample < SAMPLES * SAMPLES; sample++) {
        const y = (row + (Math.floor(sample / SAMPLES) + 0.5) / SAMPLES) / rows;
        const x = (column + ((sample % SAMPLES) + 0.5) / SAMPLES) / rows;
        if (fitted.some((stroke) => distanceTo(stroke, { x, y }) <= pen)) set++;
      }
      values.push(Math.round((set * ink) / (SAMPLES * SAMPLES)));
    }
  }
  return values;
}

/** Moves and scales strokes, without bending them, so that they and the pen fill a box of height 1. */
function fitToBox(strokes: readonly Stroke[], width: number): Stroke[] {
  const points = strokes.flat();
  const xs = points.map(({ x }) => x);
  const ys = points.map(({ y }) => y);
  const [left, right] = [Math.min(...xs), Math.max(...xs)];
  const [top, bottom] = [Math.min(...ys), Math.max(...ys)];
  const scale = Math.min(
    (width - PEN) / Math.max(right - left, LEAST_SIZE),
    (1 - PEN) / Math.max(bottom - top, LEAST_SIZE),
  );
  const move = ({ x, y }: Point) => ({
    x: (x - (left + right) / 2) * scale + width / 2,
    y: (y - (top + bottom) / 2) * scale + 0.5,
  });
  return strokes.map((stroke) => stroke.map(move));
}

function distanceTo(stroke: Stroke, point: Point): number {
  let least = Number.POSITIVE_INFINITY;
  stroke.forEach((end, i) => {
    least = Math.min(least, distanceToSegment(stroke[i - 1] ?? end, end, point));
  });
  return least;
}

function distanceToSegment(start: Point, end: Point, { x, y }: Point): number {
  const [dx, dy] = [end.x - start.x, end.y - start.y];
  const length = dx * dx + dy * dy;
  const along = length === 0 ? 0 : ((x - start.x) * dx + (y - start.y) * dy) / length;
  const part = Math.min(1, Math.max(0, along));
  return Math.hypot(x - start.x - part * dx, y - start.y - part * dy);
}
