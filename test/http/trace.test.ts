import { expect, it } from 'vitest';
import { sampledTraceId } from '../../src/http/trace.ts';

const ID = '4bf92f3577b34da6a3ce929d0e0e4736';

it.each([
  [`00-${ID}-00f067aa0ba902b7-01`, ID],
  [`00-${ID}-00f067aa0ba902b7-03`, ID],
  [`00-${ID}-00f067aa0ba902b7-00`, undefined],
  [`00-${ID}-00f067aa0ba902b7-02`, undefined],
  [`00-${'0'.repeat(32)}-00f067aa0ba902b7-01`, undefined],
  [`00-${ID.toUpperCase()}-00f067aa0ba902b7-01`, undefined],
  [`01-${ID}-00f067aa0ba902b7-01`, undefined],
  [`00-${ID}-00f067aa0ba902b7-01-x`, undefined],
  ['', undefined],
  [undefined, undefined],
])('the sampled trace of %s', (header, id) => {
  expect(sampledTraceId(header)).toBe(id);
});
