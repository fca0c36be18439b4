import { describe, expect, it } from 'vitest';
import {
  newSpanId,
  parseTraceparent,
  sampledTraceId,
  traceresponse,
} from '../../src/http/trace.ts';

const ID = '4bf92f3577b34da6a3ce929d0e0e4736';
const PARENT = '00f067aa0ba902b7';

describe('a traceparent', () => {
  it.each([
    [`00-${ID}-${PARENT}-01`, true],
    [`00-${ID}-${PARENT}-03`, true],
    [`00-${ID}-${PARENT}-00`, false],
    [`00-${ID}-${PARENT}-02`, false],
    // A later version is read as far as it is known.
    [`01-${ID}-${PARENT}-01`, true],
    [`01-${ID}-${PARENT}-01-more`, true],
  ])('%s is of a trace that is kept: %s', (header, sampled) => {
    const trace = parseTraceparent(header);
    expect(trace).toEqual({ traceId: ID, parentId: PARENT, sampled });
    expect(sampledTraceId(trace)).toBe(sampled ? ID : undefined);
  });

  it.each([
    `00-${'0'.repeat(32)}-${PARENT}-01`,
    `00-${ID}-${'0'.repeat(16)}-01`,
    `00-${ID.toUpperCase()}-${PARENT}-01`,
    `00-${ID}-${PARENT}-01-more`,
    `00-${ID}-${PARENT}-01x`,
    `01-${ID}-${PARENT}-01x`,
    `ff-${ID}-${PARENT}-01`,
    `00-${ID}-${PARENT}`,
    '',
    undefined,
  ])('%s is passed over', (header) => {
    expect(parseTraceparent(header)).toBeUndefined();
    expect(sampledTraceId(parseTraceparent(header))).toBeUndefined();
  });

  it('goes back with the span of the request itself', () => {
    const span = newSpanId();
    expect(span).toMatch(/^[0-9a-f]{16}$/);
    expect(newSpanId()).not.toBe(span);
    const trace = { traceId: ID, parentId: PARENT, sampled: true };
    expect(traceresponse(trace, span)).toBe(`00-${ID}-${span}-01`);
    expect(traceresponse({ ...trace, sampled: false }, span)).toBe(`00-${ID}-${span}-00`);
  });
});
