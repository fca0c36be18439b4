import { describe, expect, it } from 'vitest';
import { RequestSize } from '../../src/cli/request-size.ts';

describe('the size of a request', () => {
  it('doubles from one row, to as many as share a run', () => {
    const size = new RequestSize();
    const sizes = Array.from({ length: 9 }, () => {
      const { rows } = size;
      size.answered(rows, 1);
      return rows;
    });
    expect(sizes).toEqual([1, 2, 4, 8, 16, 32, 64, 64, 64]);
  });

  it('stays where a run takes long', () => {
    const size = new RequestSize();
    size.answered(1, 40);
    size.answered(2, 80);
    size.answered(4, 160);
    expect(size.rows).toBe(4);
  });

  it('does not grow by answers to requests of another size', () => {
    const size = new RequestSize();
    size.answered(1, 1);
    size.answered(1, 1);
    expect(size.rows).toBe(2);
  });

  it('stays below what was refused', () => {
    const size = new RequestSize();
    for (let i = 0; i < 4; i++) size.answered(size.rows, 1);
    expect(size.rows).toBe(16);
    expect(size.refused(16)).toBe(true);
    size.answered(8, 1);
    expect(size.rows).toBe(8);
  });

  it('says when one row is refused', () => {
    expect(new RequestSize().refused(1)).toBe(false);
  });
});
