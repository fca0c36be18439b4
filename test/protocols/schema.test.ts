import { describe, expect, it } from 'vitest';
import { invocation } from '../../src/protocols/mlflow.ts';
import { inferRequest } from '../../src/protocols/open-inference-schemas.ts';
import { parseForm } from '../../src/protocols/schema.ts';

const many = (wrong: unknown) => new Array(2_000_000).fill(wrong);
const input = { name: 'x', datatype: 'FP32', shape: [1] };

describe('JSON of the wrong form', () => {
  it.each([
    ['an input that is none', inferRequest, { inputs: [0] }, 'inputs.0: '],
    ['far too many inputs', inferRequest, { inputs: many({}) }, 'inputs: expected at least 1, got'],
    ['none', inferRequest, { inputs: [] }, 'inputs: expected at least 1, got 0'],
    [
      'a shape of far too many dimensions',
      inferRequest,
      { inputs: [{ ...input, shape: many('a') }] },
      'inputs.0.shape: expected at most 64',
    ],
    [
      'columns that are none',
      invocation,
      { dataframe_split: { columns: many({}), data: [[1]] } },
      'dataframe_split.columns.0: ',
    ],
    ['records that are none', invocation, { dataframe_records: many(1) }, 'dataframe_records.0: '],
    ['rows that are none', invocation, { instances: 'all' }, 'instances: expected an array'],
    [
      'too many parameters',
      inferRequest,
      {
        inputs: [input],
        parameters: Object.fromEntries(Array.from({ length: 300 }, (_, i) => [i, 1])),
      },
      'parameters: expected at most 256 parameters',
    ],
  ])('such as %s is told of at its first fault', (_, schema, json, message) => {
    expect(() => parseForm(schema, json)).toThrow(
      expect.objectContaining({
        code: 'bad_request',
        message: expect.stringContaining(message),
      }),
    );
  });
});
