import type { ModelCard } from '../../inference/model-card.ts';

/** An image that the features of a model are the pixels of. */
export interface Pixels {
  readonly rows: number;
  readonly columns: number;
  /** The value of a pixel that is all ink. */
  readonly ink: number;
}

const PIXEL = /^pixel_(\d+)_(\d+)$/;

/**
 * Finds out whether a card's features are the pixels of an image, row by row: `pixel_0_0`, `pixel_0_1` and so on.
 *
 * @returns undefined where they are not, or nothing says how dark a pixel can be
 */
export function findPixels(features: ModelCard['features']): Pixels | undefined {
  const last = PIXEL.exec(features?.at(-1)?.name ?? '');
  if (!features || !last) return undefined;
  const rows = Number(last[1]) + 1;
  const columns = Number(last[2]) + 1;
  const ink = Math.max(...features.map(({ range }) => range?.[1] ?? 0));
  const isImage =
    features.length === rows * columns &&
    features.every(({ name }, i) => name === `pixel_${Math.floor(i / columns)}_${i % columns}`);
  return isImage && ink > 0 ? { rows, columns, ink } : undefined;
}
