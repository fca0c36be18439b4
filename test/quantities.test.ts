import { describe, expect, it } from 'vitest';
import { percent } from '../src/quantities.ts';

describe('a share in percent', () => {
  it.each([
    [0, '0.0 %'],
    [0.0004, '< 0.1 %'],
    [0.0005, '0.1 %'],
    [0.5, '50.0 %'],
    [0.9994, '99.9 %'],
    [0.9995, '> 99.9 %'],
    [1 - 2 ** -24, '> 99.9 %'],
    [1, '100.0 %'],
  ])('%d is %s', (share, expected) => {
    expect(percent(share)).toBe(expected);
  });
});
