import { AppError } from '../errors.ts';
import { likeliest } from './classes.ts';
import { elementReader } from './elements.ts';
import type { ModelCard } from './model-card.ts';
import { formatShape, type Tensor } from './tensor.ts';
import type { TensorSpec } from './types.ts';

/** What the model says of one row, named for a person. */
export type Prediction =
  | { readonly label: string; readonly probabilities?: Readonly<Record<string, unknown>> }
  | { readonly value: unknown }
  | { readonly [output: string]: unknown };

/** How a model's outputs become one prediction per row. */
export interface PredictionWriter {
  /** The outputs it needs; the others need not be computed. */
  readonly outputs: readonly string[];
  /** @param tensors the outputs above, in that order, each with `rows` as its first dimension */
  write(tensors: readonly Tensor[], rows: number): Prediction[];
}

/**
 * Makes the writer for a model, once, when it is loaded: label and probabilities for a classifier's card,
 * value for a regressor's, and every output by its name for a model without a card.
 */
export function createPredictionWriter(
  specs: readonly TensorSpec[],
  card: ModelCard | undefined,
): PredictionWriter {
  if (card?.task === 'classification') return classes(card.labels, card.outputs);
  if (card?.task === 'regression') {
    return {
      outputs: [card.outputs.value],
      write: ([values], rows) => {
        const row = rowReader(required(values), rows);
        return each(rows, (index) => ({ value: unwrap(row(index)) }));
      },
    };
  }
  return {
    outputs: specs.map((spec) => spec.name),
    write: (tensors, rows) => {
      const readers = tensors.map((tensor) => [tensor.name, rowReader(tensor, rows)] as const);
      return each(rows, (index) =>
        Object.fromEntries(readers.map(([name, row]) => [name, row(index)])),
      );
    },
  };
}

type ClassificationCard = Extract<ModelCard, { task: 'classification' }>;

function classes(
  labels: readonly string[],
  names: ClassificationCard['outputs'],
): PredictionWriter {
  const outputs = [names.label, names.probabilities].filter((name) => name !== undefined);
  return {
    outputs,
    write: (tensors, rows) => {
      const label = tensors[outputs.indexOf(names.label ?? '')];
      const probabilities = tensors[outputs.indexOf(names.probabilities ?? '')];
      const shares = probabilities && probabilityReader(probabilities, labels, rows);
      const chosen = label ? labelReader(label, labels, rows) : undefined;
      return each(rows, (index) => {
        const name = chosen?.(index) ?? likeliestLabel(required(probabilities), labels, index);
        return shares ? { label: name, probabilities: shares(index) } : { label: name };
      });
    },
  };
}

/** A label output holds either the label itself or its place in the card's list. */
function labelReader(tensor: Tensor, labels: readonly string[], rows: number) {
  const row = rowReader(tensor, rows);
  return (index: number): string => {
    const value = unwrap(row(index));
    if (typeof value === 'string') return value;
    return labels[Number(value)] ?? String(value);
  };
}

function probabilityReader(tensor: Tensor, labels: readonly string[], rows: number) {
  const read = elementReader(tensor);
  checkRowCount(tensor, rows);
  return (index: number): Record<string, unknown> => {
    const shares: Record<string, unknown> = {};
    for (let i = 0; i < labels.length; i++) {
      shares[labels[i] as string] = read(index * labels.length + i);
    }
    return shares;
  };
}

function likeliestLabel(probabilities: Tensor, labels: readonly string[], index: number): string {
  const place = likeliest(probabilities.data, index * labels.length, labels.length);
  return labels[place] as string;
}

/** Reads one row of a tensor as nested arrays of the shape behind the first dimension. */
function rowReader(tensor: Tensor, rows: number): (index: number) => unknown {
  checkRowCount(tensor, rows);
  const read = elementReader(tensor);
  const shape = tensor.shape.slice(1);
  const size = tensor.data.length / rows;
  return (index) => nest(read, shape, index * size, size);
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

/** @throws AppError inference_failed when an output cannot be told apart by rows */
function checkRowCount(tensor: Tensor, rows: number): void {
  if (tensor.shape[0] === rows) return;
  throw new AppError(
    'inference_failed',
    `output '${tensor.name}': expected one entry for each of ${rows} rows, got shape ${formatShape(tensor.shape)}`,
  );
}

function required(tensor: Tensor | undefined): Tensor {
  if (!tensor) throw new Error('the engine returned fewer outputs than were asked for');
  return tensor;
}

function each<T>(count: number, make: (index: number) => T): T[] {
  return Array.from({ length: count }, (_, index) => make(index));
}
