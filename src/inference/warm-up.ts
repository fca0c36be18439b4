import { allocate, elementCount, type Tensor } from './tensor.ts';
import type { Session, TensorSpec } from './types.ts';

/** Runs a session once on zeros, so that no request pays for what a first run costs. */
export async function warmUp(session: Session): Promise<void> {
  const outputs = session.outputs.map(({ name }) => name);
  try {
    const inputs = session.inputs.map((spec) => zeros(spec, 1));
    await session.run(inputs, outputs);
  } catch {
    // A graph may well not take zeros; requests will tell what it takes.
  }
}

/** More than this nobody is given to try a model out with: a shape may ask for more memory than there is. */
const MOST_ELEMENTS = 2 ** 26;

/**
 * So many rows, where the first dimension may vary; any other that may vary is 1.
 *
 * @throws RangeError for a shape that is too large to try
 */
export function zeros(spec: TensorSpec, rows: number): Tensor {
  const { name, datatype } = spec;
  const shape = spec.shape.map((size, i) => (size !== -1 ? size : i > 0 ? 1 : rows));
  const count = elementCount(shape);
  if (count > MOST_ELEMENTS) throw new RangeError(`${count} values are too many to try`);
  return { name, datatype, shape, data: allocate(datatype, count) };
}
