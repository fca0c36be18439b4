import { InvalidArgumentError } from 'commander';

/** A feature whose values are moved. */
export interface Shift {
  readonly feature: string;
  /** By how much, in the feature's unit, or as a part of its range. */
  readonly amount: number;
  readonly isOfRange: boolean;
}

const SHIFT = /^(.+)=([+-]\d+(?:\.\d+)?)(%?)$/;

/** Reads `feature=+20%`, which is a part of its range, or `feature=-1.5`. */
export function parseShift(text: string): Shift {
  const [, feature, amount, percent] = SHIFT.exec(text) ?? [];
  if (feature === undefined || amount === undefined) {
    throw new InvalidArgumentError('expected feature=+20% or feature=-1.5');
  }
  const isOfRange = percent === '%';
  return { feature, amount: Number(amount) / (isOfRange ? 100 : 1), isOfRange };
}

/**
 * Moves the values of features, in place; what is missing stays so.
 *
 * @param values rows x features
 * @param features in the order of a row; `range` is what its card says, the values' own where it says nothing
 * @throws Error for a feature that there is not
 */
export function applyShifts(
  values: Float64Array,
  features: readonly { readonly name: string; readonly range?: readonly number[] | undefined }[],
  shifts: readonly Shift[],
): void {
  for (const { feature, amount, isOfRange } of shifts) {
    const column = features.findIndex(({ name }) => name === feature);
    if (column < 0) {
      const known = features.map(({ name }) => name).join(', ');
      throw new Error(`the model has no feature '${feature}'; it has ${known}`);
    }
    const width = features.length;
    const own = values.filter((value, i) => i % width === column && !Number.isNaN(value));
    const range = features[column]?.range ?? extent(own);
    const by = isOfRange ? amount * ((range[1] ?? 0) - (range[0] ?? 0)) : amount;
    for (let i = column; i < values.length; i += width) values[i] = (values[i] as number) + by;
  }
}

function extent(values: Float64Array): readonly [number, number] {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return low <= high ? [low, high] : [0, 0];
}
