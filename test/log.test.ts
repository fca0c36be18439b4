import { describe, expect, it } from 'vitest';
import { gatherLines } from '../src/log.ts';

function createBench() {
  const written: string[] = [];
  const scheduled: (() => void)[] = [];
  const lines = gatherLines({ write: (text) => written.push(text) }, (flush) =>
    scheduled.push(flush),
  );
  return { lines, written, scheduled };
}

describe('lines of the log', () => {
  it('are written together, in order, when their moment has come', () => {
    const { lines, written, scheduled } = createBench();
    for (const line of ['a\n', 'b\n', 'c\n']) lines.write(line);
    expect(written).toEqual([]);
    expect(scheduled).toHaveLength(1);
    scheduled.shift()?.();
    expect(written).toEqual(['a\nb\nc\n']);
    lines.write('d\n');
    expect(scheduled).toHaveLength(1);
    scheduled.shift()?.();
    expect(written).toEqual(['a\nb\nc\n', 'd\n']);
  });

  it('are written sooner when there are many', () => {
    const { lines, written, scheduled } = createBench();
    const line = `${'x'.repeat(9999)}\n`;
    for (let i = 0; i < 7; i++) lines.write(line);
    expect(written).toEqual([line.repeat(7)]);
    for (const flush of scheduled) flush();
    expect(written).toHaveLength(1);
  });

  it('can be written elsewhere, at the end', () => {
    const { lines, written, scheduled } = createBench();
    lines.write('last\n');
    const end: string[] = [];
    lines.flush({ write: (text) => end.push(text) });
    for (const flush of scheduled) flush();
    expect(end).toEqual(['last\n']);
    expect(written).toEqual([]);
  });
});
