import { elementReader } from '../inference/elements.ts';
import type { Tensor } from '../inference/tensor.ts';
import { certainty, type Described, describePrediction, shortJson } from '../prediction-text.ts';
import { percent } from '../quantities.ts';

/** Values of an output that are shown; a line has room for no more. */
const MOST_VALUES = 8;

/** What a server predicts for a row, by whatever names, as far as a line has room for it. */
export function shortPrediction(prediction: unknown): string {
  if (typeof prediction !== 'object' || prediction === null || Array.isArray(prediction)) {
    return shortJson(prediction);
  }
  const described = prediction as Described;
  const words = describePrediction(described);
  const share = certainty(described);
  return share === undefined ? words : `${words} ${percent(share)}`;
}

/** An output as it came: values in JSON, or a tensor. */
export interface RawOutput {
  readonly name: string;
  readonly values: readonly unknown[] | Tensor;
}

/** The outputs of one row, as they are. */
export function shortOutputs(outputs: readonly RawOutput[]): string {
  return outputs.map(({ name, values }) => `${name} ${shortValues(values)}`).join(', ');
}

function shortValues(values: RawOutput['values']): string {
  const length = 'data' in values ? values.data.length : values.length;
  const read = 'data' in values ? elementReader(values) : (index: number) => values[index];
  const shown = Array.from({ length: Math.min(length, MOST_VALUES) }, (_, i) => shortJson(read(i)));
  if (length === 1) return shown[0] ?? '';
  return `[${[...shown, ...(length > MOST_VALUES ? ['…'] : [])].join(', ')}]`;
}
