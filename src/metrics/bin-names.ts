import type { ReferenceBins } from '../inference/types.ts';

/** The bin of what is no number. */
export const MISSING = 'missing';

/**
 * Names bins for a label: each by its upper edge, as `le` of a histogram does, the last one `+Inf`, and behind them
 * `missing`. An edge is written with as many digits as tell it from others of the model's precision: 13.08 in FP32,
 * which as a double is 13.079999923706055.
 *
 * @returns two more names than edges, no two alike
 */
export function nameBins({ edges, datatype }: Pick<ReferenceBins, 'edges' | 'datatype'>): string[] {
  const short = edges.map((edge) => (datatype === 'FP32' ? shortestFloat(edge) : String(edge)));
  // A card may have both the FP32 next to 0.1 and the double 0.1, which FP32 does not have.
  const names = new Set(short).size === edges.length ? short : edges.map(String);
  return [...names, '+Inf', MISSING];
}

/** The fewest digits that FP32 reads as the same value; any that FP32 does not have stays as it is. */
function shortestFloat(value: number): string {
  if (Math.fround(value) !== value) return String(value);
  for (let digits = 1; digits < 9; digits++) {
    const shorter = Number(value.toPrecision(digits));
    if (Math.fround(shorter) === value) return String(shorter);
  }
  return String(Number(value.toPrecision(9)));
}
