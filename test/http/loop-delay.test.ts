import { describe, expect, it } from 'vitest';
import { LoopDelay } from '../../src/http/loop-delay.ts';

function createBench(maxMs: number) {
  let now = 0;
  let look: (() => void) | undefined;
  const delay = new LoopDelay(maxMs, {
    now: () => now,
    every: (_, callback) => {
      look = callback;
    },
  });
  /** A turn of the loop that comes so many milliseconds late. */
  const turn = (lateMs: number) => {
    now += 100 + lateMs;
    look?.();
  };
  return { delay, turn, watches: () => look !== undefined };
}

describe('an event loop that is late', () => {
  it('once has had a long piece of work; twice in a row takes nothing more, until it has caught up', () => {
    const { delay, turn } = createBench(500);
    turn(501);
    expect(() => delay.admit()).not.toThrow();
    turn(0);
    turn(501);
    expect(() => delay.admit()).not.toThrow();
    turn(700);
    expect(() => delay.admit()).toThrow(expect.objectContaining({ code: 'overloaded' }));
    turn(500);
    expect(() => delay.admit()).not.toThrow();
  });

  it('is nobody’s concern at 0', () => {
    expect(createBench(0).watches()).toBe(false);
  });
});
