import { describe, expect, it } from 'vitest';
import { certainty, type Described, describePrediction } from '../src/prediction-text.ts';

describe('a prediction in a few words', () => {
  it.each<[Described, string, number | undefined]>([
    [{ label: 'benign', probabilities: { malignant: 0.2, benign: 0.8 } }, 'benign', 0.8],
    [{ label: 7 }, '7', undefined],
    [{ label: 'a', probabilities: { a: 0.3, b: 0.7 } }, 'a', 0.3],
    [{ label: 1, probabilities: [0.1, 0.9] }, '1', undefined],
    [{ probabilities: [0.1, 0.9] }, '{"probabilities":[0.1,0.9]}', undefined],
    [{ probabilities: ['x', 'y'], z: 3 }, '{"probabilities":["x","y"],"z":3}', undefined],
    [{ probabilities: { a: 0.2, b: 0.5, c: 0.3 } }, 'b', 0.5],
    [{ value: 208.55368758389687 }, '208.554', undefined],
    [{ value: 12_345_678 }, '12345678', undefined],
    [{ value: [1, 2] }, '{"value":[1,2]}', undefined],
    [{ y: 0.123456789, older: [5] }, '{"y":0.123457,"older":[5]}', undefined],
  ])('of %j is %s', (prediction, words, share) => {
    expect(describePrediction(prediction)).toBe(words);
    expect(certainty(prediction)).toBe(share);
  });
});
