import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isDeeperThan } from '../../src/http/json-depth.ts';

function depthOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depthOf));
}

describe('how deep JSON is nested', () => {
  it('is what parsing it shows, whatever its texts hold and wherever it lies', () => {
    const text = fc.string({
      unit: fc.constantFrom('[', '{', ']', '}', '"', '\\', 'é', '😀', 'a'),
    });
    const { value: nested } = fc.letrec<{ value: unknown }>((tie) => ({
      value: fc.oneof(
        { maxDepth: 12, withCrossShrink: true },
        fc.oneof(text, fc.jsonValue({ maxDepth: 2 })),
        fc.array(tie('value'), { maxLength: 3 }),
        fc.dictionary(text, tie('value'), { maxKeys: 3 }),
      ),
    }));
    fc.assert(
      fc.property(nested, fc.boolean(), fc.nat(3), (value, pretty, offset) => {
        const text = ' '.repeat(offset) + JSON.stringify(value, null, pretty ? 2 : 0);
        // It looks at four bytes at a time, which begin anywhere.
        const bytes = new TextEncoder().encode(text).subarray(offset);
        const depth = depthOf(value);
        expect(isDeeperThan(bytes, depth)).toBe(false);
        if (depth > 0) expect(isDeeperThan(bytes, depth - 1)).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  it('ends with a text that does not', () => {
    for (const text of ['"', '"\\', '["', '"\\"[[']) {
      expect(isDeeperThan(new TextEncoder().encode(text), 1)).toBe(false);
    }
  });
});
