import type { Model } from '../inference/model.ts';
import type { Datatype, Tensor } from '../inference/tensor.ts';
import type { TensorSpec } from '../inference/types.ts';
import { zeros } from '../inference/warm-up.ts';

/** What a model was seen to do with one row. */
export interface Trial {
  /** The row, as JSON; undefined where rows are too long to show, or where it takes none. */
  readonly row: unknown;
  readonly outputs: readonly Tensor[];
}

/** A longer row is nothing to read, nor to keep in a card. */
const LONGEST_ROW = 1024;

/**
 * Finds a row that a model takes: of zeros, else of ones, since some that look something up have nothing at 0.
 *
 * @returns undefined for a model that takes neither
 */
export async function tryModel(model: Model): Promise<Trial | undefined> {
  for (const fill of [0, 1] as const) {
    const row = makeRow(model.inputs, fill);
    if (row === undefined) continue;
    const outputs = await run(model, () => model.readRows([row]));
    if (outputs) return { row, outputs };
  }
  const outputs = await run(model, () => model.inputs.map((input) => zeros(input, 1)));
  return outputs && { row: undefined, outputs };
}

async function run(model: Model, makeInputs: () => readonly Tensor[]) {
  try {
    return (await model.infer({ inputs: makeInputs() })).outputs;
  } catch {
    // What a model does not take is no fault of its own: another row may do.
    return undefined;
  }
}

/** One row as a client would send it. */
function makeRow(inputs: readonly TensorSpec[], fill: 0 | 1): unknown {
  const shapes = inputs.map(({ shape }) => shape.slice(1).map((size) => (size === -1 ? 1 : size)));
  const sizes = shapes.map((shape) => shape.reduce((product, size) => product * size, 1));
  if (sizes.reduce((sum, size) => sum + size, 0) > LONGEST_ROW) return undefined;
  const values = inputs.map(({ datatype }, i) => nest(shapes[i] ?? [], elementFor(datatype, fill)));
  // A card has no bare values for rows, so one that is may come wrapped.
  if (inputs.length === 1) return Array.isArray(values[0]) ? values[0] : values;
  return Object.fromEntries(inputs.map(({ name }, i) => [name, values[i]]));
}

function nest([length, ...rest]: readonly number[], value: unknown): unknown {
  return length === undefined ? value : Array.from({ length }, () => nest(rest, value));
}

function elementFor(datatype: Datatype, fill: 0 | 1): unknown {
  if (datatype === 'BYTES') return fill === 0 ? '' : 'text';
  return datatype === 'BOOL' ? fill === 1 : fill;
}
