import { AppError } from '../errors.ts';
import { type ClassificationCard, createLabelReader } from './classes.ts';
import { elementReader } from './elements.ts';
import type { ModelCard } from './model-card.ts';
import { formatShape, type Tensor } from './tensor.ts';
import type { TensorSpec } from './types.ts';

/** What the model says of one row, named for a person. */
export type Prediction =
  | { readonly label: string; readonly probabilities?: Readonly<Record<string, unknown>> }
  | { readonly value: unknown }
  | NamedOutputs;

/** The values of one row, by the outputs that they come from. */
export type NamedOutputs = Readonly<Record<string, unknown>>;

export interface Predictions<Row = Prediction> {
  readonly predictions: readonly Row[];
  /** Outputs that hold no entry per row, as they are; absent when there are none. */
  readonly outputs?: Readonly<Record<string, unknown>>;
}

/** How a model's outputs become one prediction per row. */
export interface PredictionWriter<Row = Prediction> {
  /** The outputs it needs; the others need not be computed. */
  readonly outputs: readonly string[];
  /** @param tensors the outputs above, for so many rows */
  write(tensors: readonly Tensor[], rows: number): Predictions<Row>;
}

/**
 * Makes the writer for a model, once, when it is loaded: label and probabilities for a classifier's card,
 * value for a regressor's, and every output by its name for a model without a card.
 */
export function createPredictionWriter(
  specs: readonly TensorSpec[],
  card: ModelCard | undefined,
): PredictionWriter {
  if (card?.task === 'classification') return classification(card);
  if (card?.task === 'regression') return regression(card.outputs.value);
  return createOutputWriter(specs);
}

/** Makes the writer that gives every output by its name. */
export function createOutputWriter(specs: readonly TensorSpec[]): PredictionWriter<NamedOutputs> {
  return {
    outputs: specs.map((spec) => spec.name),
    write: (tensors, rows) => {
      const perRow = tensors.filter((tensor) => tensor.shape[0] === rows);
      const others = tensors.filter((tensor) => tensor.shape[0] !== rows);
      const readers = perRow.map((tensor) => [tensor.name, rowReader(tensor, rows)] as const);
      const predictions = each(rows, (index) =>
        Object.fromEntries(readers.map(([name, row]) => [name, row(index)])),
      );
      if (others.length === 0) return { predictions };
      return { predictions, outputs: Object.fromEntries(others.map((t) => [t.name, whole(t)])) };
    },
  };
}

function classification(card: ClassificationCard): PredictionWriter {
  const { labels, outputs: names } = card;
  const readLabels = createLabelReader(card);
  return {
    outputs: [names.label, names.probabilities].filter((name) => name !== undefined),
    write: (tensors, rows) => {
      for (const tensor of tensors) checkRowCount(tensor, rows);
      const labelOf = readLabels(tensors);
      if (!labelOf) throw new Error('the engine returned fewer outputs than were asked for');
      const probabilities = tensors.find(({ name }) => name === names.probabilities);
      const shares = probabilities && probabilityReader(probabilities, labels);
      const predictions = each(rows, (row) =>
        shares ? { label: labelOf(row), probabilities: shares(row) } : { label: labelOf(row) },
      );
      return { predictions };
    },
  };
}

function regression(output: string): PredictionWriter {
  return {
    outputs: [output],
    write: (tensors, rows) => {
      const [values] = tensors;
      if (!values) throw new Error('the engine returned fewer outputs than were asked for');
      checkRowCount(values, rows);
      const row = rowReader(values, rows);
      return { predictions: each(rows, (index) => ({ value: unwrap(row(index)) })) };
    },
  };
}

function probabilityReader(tensor: Tensor, labels: readonly string[]) {
  const read = elementReader(tensor);
  // Every label is a property before it gets its value: assigned to an empty object, `__proto__` would not become one.
  const blank = Object.fromEntries(labels.map((label) => [label, 0]));
  return (row: number): Record<string, unknown> => {
    const shares: Record<string, unknown> = { ...blank };
    for (let i = 0; i < labels.length; i++) {
      shares[labels[i] as string] = read(row * labels.length + i);
    }
    return shares;
  };
}

/** Reads one row of a tensor as nested arrays of the shape behind the first dimension. */
function rowReader(tensor: Tensor, rows: number): (index: number) => unknown {
  const read = elementReader(tensor);
  const shape = tensor.shape.slice(1);
  const size = tensor.data.length / rows;
  return (index) => nest(read, shape, index * size, size);
}

function whole(tensor: Tensor): unknown {
  return nest(elementReader(tensor), tensor.shape, 0, tensor.data.length);
}

function nest(
  read: (index: number) => unknown,
  [length, ...rest]: readonly number[],
  offset: number,
  size: number,
): unknown {
  if (length === undefined) return read(offset);
  const step = size / length;
  return each(length, (i) => nest(read, rest, offset + i * step, step));
}

/** The value of a row that holds just one, whether the model wraps it ([n, 1]) or not ([n]). */
function unwrap(row: unknown): unknown {
  return Array.isArray(row) && row.length === 1 ? row[0] : row;
}

/** @throws AppError inference_failed when an output that the card names cannot be told apart by rows */
function checkRowCount(tensor: Tensor, rows: number): void {
  if (tensor.shape[0] === rows) return;
  throw new AppError(
    'inference_failed',
    `output '${tensor.name}': expected one entry for each of ${rows} rows, got shape ${formatShape(tensor.shape)}`,
  );
}

function each<T>(count: number, make: (index: number) => T): T[] {
  const made = new Array<T>(count);
  for (let index = 0; index < count; index++) made[index] = make(index);
  return made;
}
