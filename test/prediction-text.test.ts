import { describe, expect, it } from 'vitest';
import { certainty, type Described, describePrediction } from '../src/prediction-text.ts';

describe('a prediction in a few words', () => {
  it.each<[Described & Record<string, unknown>, string, number]>([
    [{ label: 'benign', probabilities: { malignant: 0.2, benign: 0.8 } }, 'benign', 0.8],
    [{ label: 7 }, '7', 0],
    [{ probabilities: { a: 0.2, b: 0.5, c: 0.3 } }, 'b', 0.5],
    [{ value: 208.55368758389687 }, '208.554', 0],
    [{ value: 12_345_678 }, '12345678', 0],
    [{ value: [1, 2] }, '{"value":[1,2]}', 0],
    [{ y: 0.123456789, older: [5] }, '{"y":0.123457,"older":[5]}', 0],
  ])('of %j is %s', (prediction, words, share) => {
    expect(describePrediction(prediction)).toBe(words);
    expect(certainty(prediction)).toBe(share);
  });
});
