import { describe, expect, it } from 'vitest';
import { inferRequest } from '../../src/protocols/open-inference-schemas.ts';
import { parseForm } from '../../src/protocols/schema.ts';

describe('JSON of the wrong form', () => {
  it.each([
    [{ inputs: [0] }, 'inputs.0: '],
    [{ inputs: new Array(300_000).fill(0) }, '(inputs.0|the body): '],
  ])('is an error of its sender, however much is wrong', (json, message) => {
    expect(() => parseForm(inferRequest, json)).toThrow(
      expect.objectContaining({
        code: 'bad_request',
        message: expect.stringMatching(`^${message}`),
      }),
    );
  });
});
