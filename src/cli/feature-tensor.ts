import { elementReader, elementWriter, expectedElement } from '../inference/elements.ts';
import { allocate, type Datatype, type Tensor } from '../inference/tensor.ts';
import type { TensorSpec } from '../inference/types.ts';
import type { TrainingData } from './training-data.ts';

/** Whether a type can say that a value is missing. */
export function canBeMissing(datatype: Datatype): boolean {
  return datatype.startsWith('FP');
}

/**
 * Training data as a model takes it: in its own precision.
 *
 * @param features the names of the values in a row
 * @returns rows x features; NaN for what is missing, or 0 in a type that has no NaN
 * @throws Error that names the first value that the model cannot take
 */
export function toFeatureTensor(
  { name, datatype }: TensorSpec,
  features: readonly string[],
  { values, rows }: TrainingData,
): Tensor {
  if (datatype === 'BYTES') throw new Error(`the model takes text ('${name}'), which has no bins`);
  const data = allocate(datatype, values.length);
  const write = elementWriter(datatype, data);
  for (const [i, value] of values.entries()) {
    if (Number.isNaN(value) && !canBeMissing(datatype)) continue;
    const isWritten = write(i, datatype === 'BOOL' && value === Number(!!value) ? !!value : value);
    if (isWritten || Number.isNaN(value)) continue;
    const row = Math.floor(i / features.length) + 1;
    const feature = features[i % features.length];
    const expected = expectedElement(datatype, value);
    throw new Error(`row ${row}, '${feature}': expected ${expected}, got ${value}`);
  }
  return { name, datatype, shape: [rows, features.length], data };
}

/**
 * The values of a feature as the model sees them.
 *
 * @param source what the tensor was made of
 * @returns one for each row, NaN for what is missing
 */
export function readColumn(rows: Tensor, source: TrainingData, column: number): Float64Array {
  const read = elementReader(rows);
  const width = source.values.length / source.rows;
  return Float64Array.from({ length: source.rows }, (_, row) => {
    const place = row * width + column;
    return Number.isNaN(source.values[place]) ? Number.NaN : Number(read(place));
  });
}
