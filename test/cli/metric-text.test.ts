import { describe, expect, it } from 'vitest';
import { findValue } from '../../src/cli/metric-text.ts';

const TEXT = `# HELP a_sum Seconds.
# TYPE a_sum counter
a_sum{model="b",version="1"} 1.5
a_sum{version="2",model="b",hub="hub-0"} 2.5e-7
a_sum_total{model="b",version="3"} 9
a_sum{model="say \\"c\\"",version="1"} 4 1795524904124
up 1
`;

describe('a value of Prometheus text', () => {
  it('is found by name and labels, in any order', () => {
    expect(findValue(TEXT, 'a_sum', { model: 'b', version: '1' })).toBe(1.5);
    expect(findValue(TEXT, 'a_sum', { model: 'b', version: '2' })).toBe(2.5e-7);
    expect(findValue(TEXT, 'a_sum', { model: 'say "c"' })).toBe(4);
    expect(findValue(TEXT, 'up', {})).toBe(1);
  });

  it('is nothing where there is no such series', () => {
    expect(findValue(TEXT, 'a_sum', { model: 'b', version: '3' })).toBeUndefined();
    expect(findValue(TEXT, 'a', {})).toBeUndefined();
  });
});
