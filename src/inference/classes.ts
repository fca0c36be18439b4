import { AppError } from '../errors.ts';
import type { ModelCard } from './model-card.ts';
import { formatShape, type Tensor } from './tensor.ts';

/** Counts rows per predicted class; undefined when the outputs at hand do not tell the class. */
export type ClassCounter = (outputs: readonly Tensor[]) => ReadonlyMap<string, number> | undefined;

export type ClassificationCard = Extract<ModelCard, { task: 'classification' }>;

/** What a class is counted as that the card does not name. */
const OTHER = 'other';

/** Makes the counter of a classifier. */
export function createClassCounter(card: ModelCard | undefined): ClassCounter {
  if (card?.task !== 'classification') return () => undefined;
  const known = new Set(card.labels);
  const readLabels = createLabelReader(card);
  return (outputs) => {
    const labelOf = readLabels(outputs);
    if (!labelOf) return undefined;
    const counts = new Map<string, number>();
    const rows = outputs[0]?.shape[0] ?? 0;
    for (let row = 0; row < rows; row++) {
      const label = labelOf(row);
      const name = known.has(label) ? label : OTHER;
      counts.set(name, (counts.get(name) ?? 0) + 1);
    }
    return counts;
  };
}

/**
 * How the predicted label of a row is read; undefined when the outputs at hand do not tell it.
 *
 * A label output that is text is the label. One that is a number is the label of that name, where the card
 * has it ("7"). A number that is no label's name may be its place or the model's own class number, which
 * need not begin at 0, so there the likeliest class counts; without probabilities it is taken for the place.
 */
export function createLabelReader({
  labels,
  outputs: names,
}: ClassificationCard): (outputs: readonly Tensor[]) => ((row: number) => string) | undefined {
  const known = new Set(labels);
  // By number where the name is one: a lookup that does not have to make text of every value.
  const byNumber = new Map(
    labels
      .filter((label) => String(Number(label)) === label)
      .map((label) => [Number(label), label]),
  );
  return (outputs) => {
    const label = outputs.find(({ name }) => name === names.label);
    const probabilities = outputs.find(({ name }) => name === names.probabilities);
    if (probabilities) checkProbabilities(probabilities, labels.length);
    const likeliest = probabilities && ((row: number) => argmax(probabilities, row, labels));
    if (!label) return likeliest;

    return (row) => {
      const value = label.data[row];
      if (typeof value === 'string') return value;
      const named = byNumber.get(Number(value));
      if (named !== undefined) return named;
      if (likeliest) return likeliest(row);
      const text = String(value);
      const byPlace = known.has(text) ? text : labels[Number(value)];
      if (byPlace !== undefined) return byPlace;
      throw new AppError(
        'inference_failed',
        `output '${label.name}': expected one of ${labels.length} classes, got ${text}`,
      );
    };
  };
}

/** @throws AppError inference_failed when an output does not hold one probability per row and label */
function checkProbabilities({ name, shape, data }: Tensor, labels: number): void {
  const rows = shape[0] ?? 0;
  if (data.length === rows * labels) return;
  throw new AppError(
    'inference_failed',
    `output '${name}': expected ${labels} probabilities per row, got shape ${formatShape(shape)}`,
  );
}

/** The label of the largest probability of a row; the first of equal ones. */
function argmax({ data }: Tensor, row: number, labels: readonly string[]): string {
  const offset = row * labels.length;
  let best = 0;
  for (let i = 1; i < labels.length; i++) {
    if (Number(data[offset + i]) > Number(data[offset + best])) best = i;
  }
  return labels[best] as string;
}
