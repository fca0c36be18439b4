import { beforeAll, describe, expect, it } from 'vitest';
import { type Point, rasterise, type Stroke } from '../../src/site/browser/strokes.ts';
import { createTestApp } from '../helpers/app.ts';
import { post } from '../helpers/golden.ts';

const GRID = { rows: 8, columns: 8, ink: 16 };

/** Straight lines from place to place, each [x, y]. */
function lines(...places: readonly (readonly [number, number])[]): Point[] {
  return places.map(([x, y]) => ({ x, y }));
}

/** Part of an ellipse around a place, from one angle to another in degrees, 0 being on the right and 90 at the bottom. */
function arc(x: number, y: number, rx: number, ry: number, from: number, to: number): Point[] {
  return Array.from({ length: 25 }, (_, i) => {
    const angle = ((from + ((to - from) * i) / 24) * Math.PI) / 180;
    return { x: x + rx * Math.cos(angle), y: y + ry * Math.sin(angle) };
  });
}

/** Digits as a hand writes them, somewhere on the pad. */
const DIGITS: Readonly<Record<string, readonly Stroke[]>> = {
  0: [arc(0.5, 0.5, 0.2, 0.32, 0, 360)],
  1: [lines([0.42, 0.3], [0.52, 0.18], [0.52, 0.82])],
  2: [[...arc(0.5, 0.35, 0.18, 0.17, -170, 40), ...lines([0.62, 0.45], [0.32, 0.8], [0.7, 0.8])]],
  3: [[...arc(0.48, 0.34, 0.18, 0.16, -150, 90), ...arc(0.48, 0.66, 0.2, 0.17, -90, 150)]],
  4: [lines([0.55, 0.18], [0.3, 0.58], [0.72, 0.58]), lines([0.6, 0.4], [0.6, 0.85])],
  5: [[...lines([0.68, 0.2], [0.38, 0.2], [0.36, 0.46]), ...arc(0.5, 0.62, 0.19, 0.19, -130, 150)]],
  6: [[...lines([0.6, 0.18], [0.42, 0.4]), ...arc(0.5, 0.65, 0.17, 0.18, -160, 200)]],
  7: [lines([0.3, 0.2], [0.7, 0.2], [0.45, 0.82])],
  8: [arc(0.5, 0.33, 0.15, 0.15, 0, 360), arc(0.5, 0.66, 0.18, 0.18, 0, 360)],
  9: [[...arc(0.48, 0.36, 0.17, 0.17, 0, 360), ...lines([0.65, 0.36], [0.6, 0.82])]],
};

describe('what is drawn', () => {
  let app: Awaited<ReturnType<typeof createTestApp>>['app'];
  beforeAll(async () => {
    ({ app } = await createTestApp());
  });

  const read = async (strokes: readonly Stroke[]) => {
    const body = JSON.stringify({ instances: [rasterise(strokes, GRID)] });
    const answer = await (await app.request('/models/digits/predict', post(body))).json();
    return (answer as { predictions: { label: string }[] }).predictions[0]?.label;
  };

  it.each(Object.entries(DIGITS))('is read by the shipped model: %s', async (digit, strokes) => {
    expect(await read(strokes)).toBe(digit);
    // As large as the pad, and small in a corner of it.
    const place = (factor: number, move: number) =>
      strokes.map((stroke) =>
        stroke.map(({ x, y }) => ({ x: x * factor + move, y: y * factor + move })),
      );
    expect(rasterise(place(0.5, 0.02), GRID)).toEqual(rasterise(strokes, GRID));
    expect(await read(place(1.4, -0.2))).toBe(digit);
  });

  it('becomes as many values as the model has pixels, none darker than its ink', () => {
    const values = rasterise([lines([0.1, 0.1], [0.9, 0.9])], { rows: 4, columns: 6, ink: 255 });
    expect(values).toHaveLength(24);
    expect(Math.min(...values)).toBe(0);
    expect(Math.max(...values)).toBeGreaterThan(127);
    expect(Math.max(...values)).toBeLessThanOrEqual(255);
  });

  it('is a dot in the middle where it was one', () => {
    const values = rasterise([lines([0.9, 0.1])], GRID);
    const inked = values.flatMap((value, i) => (value > 0 ? [i] : []));
    expect(inked).toEqual([27, 28, 35, 36]);
  });
});
