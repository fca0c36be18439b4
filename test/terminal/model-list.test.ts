import { describe, expect, it } from 'vitest';
import type { ModelEntry } from '../../src/inference/shelf.ts';
import { listModels } from '../../src/terminal/model-list.ts';

const waiting = (name: string): ModelEntry => ({
  name,
  version: '1',
  state: 'UNKNOWN',
  onDemand: true,
  reason: 'loaded when it is asked for',
});
const failed = (name: string, reason: string): ModelEntry => ({
  name,
  version: '12',
  state: 'UNAVAILABLE',
  fault: 'bad_graph',
  reason,
});

const list = (entries: readonly ModelEntry[]) => listModels(entries, (_, text) => text);

describe('the list of models at a start', () => {
  it('has versions that do not answer with the reason, in line with the others', () => {
    const unloaded = { name: 'c', version: '1', state: 'UNAVAILABLE', reason: 'unloaded' } as const;
    expect(list([waiting('a'), failed('b', 'no graph'), unloaded])).toEqual([
      'model  version  state        task  size  load',
      'a            1  on demand    loaded when it is asked for',
      'b           12  failed',
      '  no graph',
      'c            1  unavailable  unloaded',
    ]);
  });

  it('keeps within the columns of a terminal, however long names and reasons are', () => {
    const [, line, reason] = list([failed('n'.repeat(60), 'a reason '.repeat(30))]);
    expect(line).toMatch(/^n{21}… +12 {2}failed$/);
    expect(reason).toMatch(/^ {2}a reason .*…$/);
    expect(reason).toHaveLength(78);
  });

  it('leaves models out where there are many, but none that somebody has to look at', () => {
    const many = Array.from({ length: 30 }, (_, i) => waiting(`model-${i + 10}`));
    const lines = list([...many, failed('zebra', 'no graph')]);
    expect(lines).toHaveLength(15);
    expect(lines[1]).toMatch(/^model-10 /);
    expect(lines.slice(-3, -1)).toEqual(['zebra          12  failed', '  no graph']);
    expect(lines.at(-1)).toBe('and 19 more, which GET /models lists');
  });
});
