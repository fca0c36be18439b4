import { allocate, elementCount, type Tensor } from './tensor.ts';
import type { Session, TensorSpec } from './types.ts';

/** Runs a session once on zeros, so that no request pays for what a first run costs. */
export async function warmUp(session: Session): Promise<void> {
  const inputs = session.inputs.map((spec) => zeros(spec, 1));
  const outputs = session.outputs.map(({ name }) => name);
  // A graph may well not take zeros; requests will tell what it takes.
  await session.run(inputs, outputs).catch(() => {});
}

/** So many rows, where the first dimension may vary; any other that may vary is 1. */
export function zeros({ name, datatype, shape }: TensorSpec, rows: number): Tensor {
  const dimensions = shape.map((dimension, i) => (dimension !== -1 ? dimension : i > 0 ? 1 : rows));
  return { name, datatype, shape: dimensions, data: allocate(datatype, elementCount(dimensions)) };
}
