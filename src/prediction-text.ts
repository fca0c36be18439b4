import { shortNumber } from './quantities.ts';

/** What POST /predict says of one row, as far as words need it. */
export interface Described {
  readonly label?: unknown;
  readonly value?: unknown;
  readonly probabilities?: Readonly<Record<string, number>> | undefined;
}

/** Characters of a prediction in a few words: an output may be a tensor of thousands of values. */
const LONGEST_WORDS = 200;

/** A prediction in a few words, for the page and for `npm run infer` alike. */
export function describePrediction(prediction: Described): string {
  const words = findWords(prediction);
  return words.length <= LONGEST_WORDS ? words : `${words.slice(0, LONGEST_WORDS)} …`;
}

function findWords({ label, value, probabilities, ...others }: Described): string {
  if (label !== undefined) return String(label);
  if (typeof value === 'number') return String(shortNumber(value));
  if (probabilities) {
    return Object.entries(probabilities).sort(([, a], [, b]) => b - a)[0]?.[0] ?? '';
  }
  return shortJson(value === undefined ? others : { value, ...others });
}

/** How probable it is that a prediction is right, by the model's own account; 0 where it gives none. */
export function certainty({ probabilities = {} }: Described): number {
  return Math.max(0, ...Object.values(probabilities));
}

/** A value as JSON whose numbers are short; text as it is. */
export function shortJson(value: unknown): string {
  if (typeof value === 'string') return value;
  const shorten = (_: string, each: unknown) =>
    typeof each === 'number' ? shortNumber(each) : each;
  return JSON.stringify(value, shorten) ?? '';
}
