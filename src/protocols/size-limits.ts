import { AppError } from '../errors.ts';
import { elementCount } from '../inference/tensor.ts';

/** How much one request may ask for. */
export interface SizeLimits {
  /** Rows, which are the first dimension of every tensor. */
  readonly maxRows: number;
  /** Values of one tensor. */
  readonly maxElements: number;
}

/** @throws AppError too_many_rows */
export function requireRows(rows: number, { maxRows }: SizeLimits): void {
  if (rows <= maxRows) return;
  throw new AppError('too_many_rows', `expected at most ${maxRows} rows in a request, got ${rows}`);
}

/**
 * Holds what a request says of its tensors against the limits, ahead of reading their values.
 *
 * @throws AppError too_many_rows or too_many_values
 */
export function requireSize(
  tensors: readonly { readonly name: string; readonly shape: readonly number[] }[],
  limits: SizeLimits,
): void {
  for (const { name, shape } of tensors) {
    requireRows(shape[0] ?? 1, limits);
    const count = elementCount(shape);
    if (count > limits.maxElements) {
      throw new AppError(
        'too_many_values',
        `input '${name.slice(0, 80)}': expected at most ${limits.maxElements} values, got ${count}`,
      );
    }
  }
}
