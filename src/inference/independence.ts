import { joinRows, sliceRows, type Tensor } from './tensor.ts';
import type { Session, TensorSpec } from './types.ts';
import { zeros } from './warm-up.ts';

/** Values that are the same but for rounding differ by at most so much, in proportion. */
const TOLERANCE = 1e-4;

/**
 * Whether a row's outputs depend on that row alone: two rows are run alone and together. A graph whose open first
 * dimension is no batch (a sequence, a set that is normalised over all of it) gives other numbers for the same row
 * in other company, and requests must not share its runs.
 *
 * A graph that cannot run the rows that are tried says nothing against it.
 */
export async function rowsAreIndependent(session: Session): Promise<boolean> {
  const names = session.outputs.map(({ name }) => name);
  const run = async (inputs: readonly Tensor[]) => (await session.run(inputs, names)).outputs;
  const rows = [0, 1].map((row) => () => session.inputs.map((spec) => sampleRow(spec, row)));
  const [first, second] = rows;
  if (!first || !second) return true;
  try {
    // Made anew for each run, since a run may take them away.
    const alone = [await run(first()), await run(second())];
    const together = await run(
      session.inputs.map((_, i) => joinRows(pick([first(), second()], i))),
    );
    return together.every(
      (output, i) =>
        output.shape[0] === 2 &&
        pick(alone, i).every((own, row) => isSame(own, sliceRows(output, row, 1))),
    );
  } catch {
    return true;
  }
}

function pick(sets: readonly (readonly Tensor[])[], i: number): Tensor[] {
  return sets.map((set) => set[i]).filter((tensor) => tensor !== undefined);
}

/** One row, unlike the other one, of any values. */
function sampleRow(spec: TensorSpec, row: number): Tensor {
  const { name, datatype } = spec;
  const { shape: dimensions, data } = zeros(spec, 1);
  for (let i = 0; i < data.length; i++) {
    const value = (i * 3 + row * 5) % 7;
    if (Array.isArray(data)) data[i] = `${value}`;
    else if (data instanceof BigInt64Array || data instanceof BigUint64Array)
      data[i] = BigInt(value);
    else
      data[i] =
        datatype === 'BOOL' ? value % 2 : datatype.startsWith('FP') ? value + row / 2 : value;
  }
  return { name, datatype, shape: dimensions, data };
}

function isSame(a: Tensor, b: Tensor): boolean {
  if (a.data.length !== b.data.length) return false;
  for (let i = 0; i < a.data.length; i++) {
    const [x, y] = [a.data[i], b.data[i]];
    if (x === y || typeof x === 'string' || typeof y === 'string') {
      if (x !== y) return false;
      continue;
    }
    const [left, right] = [Number(x), Number(y)];
    if (Number.isNaN(left) && Number.isNaN(right)) continue;
    if (!(Math.abs(left - right) <= TOLERANCE * Math.max(1, Math.abs(left)))) return false;
  }
  return true;
}
