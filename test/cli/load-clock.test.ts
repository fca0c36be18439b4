import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { processClock } from '../../src/cli/load-clock.ts';

describe('the clock of a load', () => {
  it('waits for longer than a timer can, until the signal', async () => {
    const controller = new AbortController();
    let isOver = false;
    const waiting = processClock.sleep(2 ** 40, controller.signal).then(() => {
      isOver = true;
    });
    await sleep(50);
    expect(isOver).toBe(false);
    controller.abort();
    await waiting;
  });
});
