import type { ModelCard } from './model-card.ts';
import type { Tensor } from './tensor.ts';

/** Counts rows per predicted class; undefined when the outputs at hand do not tell the class. */
export type ClassCounter = (outputs: readonly Tensor[]) => ReadonlyMap<string, number> | undefined;

/** What a class is counted as that the card does not name. */
const OTHER = 'other';

/** Makes the counter of a classifier, by its label output or else by its largest probability. */
export function createClassCounter(card: ModelCard | undefined): ClassCounter {
  if (card?.task !== 'classification') return () => undefined;
  const { labels, outputs: names } = card;
  const known = new Set(labels);

  const classOf = (value: Tensor['data'][number] | undefined): string => {
    const label = typeof value === 'string' ? value : labels[Number(value)];
    return label !== undefined && known.has(label) ? label : OTHER;
  };

  return (outputs) => {
    const counts = new Map<string, number>();
    const count = (label: string) => counts.set(label, (counts.get(label) ?? 0) + 1);
    const label = outputs.find(({ name }) => name === names.label);
    if (label) {
      for (const value of label.data) count(classOf(value));
      return counts;
    }
    const probabilities = outputs.find(({ name }) => name === names.probabilities);
    if (!probabilities) return undefined;
    for (let row = 0; row < probabilities.data.length; row += labels.length) {
      count(classOf(likeliest(probabilities.data, row, labels.length)));
    }
    return counts;
  };
}

/** The place of the largest of `length` values from `offset` on; the first of equal ones. */
export function likeliest(data: Tensor['data'], offset: number, length: number): number {
  let best = 0;
  for (let i = 1; i < length; i++) {
    if (Number(data[offset + i]) > Number(data[offset + best])) best = i;
  }
  return best;
}
