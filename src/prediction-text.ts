import { shortNumber } from './quantities.ts';

/** What POST /predict says of one row: of a model without a card these are outputs that happen to be called so. */
export type Described = Readonly<Record<string, unknown>>;

/** Characters of a prediction in a few words: an output may be a tensor of thousands of values. */
const LONGEST_WORDS = 200;

/** A prediction in a few words, for the page and for `npm run infer` alike. */
export function describePrediction(prediction: Described): string {
  const words = findWords(prediction);
  return words.length <= LONGEST_WORDS ? words : `${words.slice(0, LONGEST_WORDS)} …`;
}

function findWords(prediction: Described): string {
  const { label, value } = prediction;
  if (label !== undefined) return String(label);
  if (typeof value === 'number') return String(shortNumber(value));
  return findLikeliest(probabilitiesOf(prediction)) ?? shortJson(prediction);
}

function findLikeliest(probabilities: Readonly<Record<string, number>> = {}): string | undefined {
  return Object.entries(probabilities).toSorted(([, a], [, b]) => b - a)[0]?.[0];
}

/** @returns the probability of each class by its name; undefined where a prediction has none */
export function probabilitiesOf({
  probabilities,
}: Described): Readonly<Record<string, number>> | undefined {
  if (typeof probabilities !== 'object' || Array.isArray(probabilities)) return undefined;
  const shares = Object.entries(probabilities ?? {});
  const isWhole = shares.length > 0 && shares.every(([, share]) => typeof share === 'number');
  return isWhole ? (Object.fromEntries(shares) as Record<string, number>) : undefined;
}

/**
 * How probable what is predicted is, by the model's own account: a model may well predict another class than the
 * likeliest.
 *
 * @returns undefined where it gives no account
 */
export function certainty(prediction: Described): number | undefined {
  const probabilities = probabilitiesOf(prediction);
  const predicted = String(prediction.label ?? findLikeliest(probabilities));
  return probabilities && Object.hasOwn(probabilities, predicted)
    ? probabilities[predicted]
    : undefined;
}

/** A value as JSON whose numbers are short; text as it is. */
export function shortJson(value: unknown): string {
  if (typeof value === 'string') return value;
  const shorten = (_: string, each: unknown) =>
    typeof each === 'number' ? shortNumber(each) : each;
  return JSON.stringify(value, shorten) ?? '';
}
