import { describe, expect, it } from 'vitest';
import {
  type Answer,
  countDue,
  type LoadOptions,
  type Sample,
  sendLoad,
} from '../../src/cli/load.ts';
import { HandClock, settle } from '../helpers/hand-clock.ts';

/** A load whose answers and whose time a test gives by hand. */
function startLoad(options: Partial<LoadOptions>) {
  const clock = new HandClock();
  const sent: { readonly index: number; readonly at: number }[] = [];
  const samples = new Map<number, Sample>();
  const waiting = new Map<number, PromiseWithResolvers<Answer>>();
  const state = { isOver: false };
  const over = sendLoad({
    requests: Infinity,
    concurrency: 1,
    seconds: Infinity,
    clock,
    send: (index) => {
      sent.push({ index, at: clock.now() });
      const answer = Promise.withResolvers<Answer>();
      waiting.set(index, answer);
      return answer.promise;
    },
    onSample: (sample, index) => samples.set(index, sample),
    ...options,
  }).then(() => {
    state.isOver = true;
  });
  return {
    clock,
    sent,
    samples,
    over,
    state,
    answer: async (index: number) => {
      waiting.get(index)?.resolve({ rows: 1, inferenceMs: 1 });
      await settle();
    },
    fail: async (index: number, error: Error) => {
      waiting.get(index)?.reject(error);
      await settle();
    },
  };
}

describe('a load', () => {
  it('sends every request once, never more at a time than asked', async () => {
    let underWay = 0;
    let most = 0;
    const sent: number[] = [];
    const samples: Sample[] = [];
    await sendLoad({
      requests: 20,
      concurrency: 4,
      seconds: Infinity,
      onSample: (sample) => samples.push(sample),
      send: async (index) => {
        most = Math.max(most, ++underWay);
        await Promise.resolve();
        underWay--;
        sent.push(index);
        if (index === 7) throw new Error('overloaded: later');
        return { rows: 2, inferenceMs: 1 };
      },
    });
    expect(sent.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, i) => i));
    expect(most).toBe(4);
    expect(samples.filter(({ error }) => error?.message === 'overloaded: later')).toHaveLength(1);
    expect(samples.reduce((sum, { rows }) => sum + rows, 0)).toBe(38);
  });

  it('without a rate sends each request when another is answered, until the time is up', async () => {
    const load = startLoad({ seconds: 1 });
    await load.clock.advance(400);
    await load.answer(0);
    await load.clock.advance(700);
    await load.answer(1);
    await load.over;
    expect(load.sent).toEqual([
      { index: 0, at: 0 },
      { index: 1, at: 400 },
    ]);
    expect(load.samples.get(1)).toEqual({
      latencyMs: 700,
      roundTripMs: 700,
      rows: 1,
      inferenceMs: 1,
    });
  });

  it('with a rate sends each request at its time, whatever becomes of the others', async () => {
    const load = startLoad({ rate: 10, requests: 5, concurrency: 5 });
    await load.clock.advance(150);
    expect(load.sent.map(({ at }) => at)).toEqual([0, 100]);
    await load.answer(0);
    await load.clock.advance(300);
    expect(load.sent.map(({ at }) => at)).toEqual([0, 100, 200, 300, 400]);
    for (const index of [4, 3, 2, 1]) await load.answer(index);
    await load.over;
    const latencies = [...load.samples].map(([index, { latencyMs }]) => [index, latencyMs]);
    expect(latencies).toEqual([
      [0, 150],
      [4, 50],
      [3, 150],
      [2, 250],
      [1, 350],
    ]);
  });

  it('counts into its latency what a request has waited for others, of which too many were under way', async () => {
    const load = startLoad({ rate: 10, requests: 3, concurrency: 2 });
    await load.clock.advance(1000);
    expect(load.sent.map(({ index }) => index)).toEqual([0, 1]);
    await load.answer(1);
    expect(load.sent.at(-1)).toEqual({ index: 2, at: 1000 });
    await load.clock.advance(50);
    await load.answer(2);
    await load.answer(0);
    await load.over;
    expect(load.samples.get(2)).toMatchObject({ latencyMs: 850, roundTripMs: 50 });
  });

  it('with a rate leaves out none of the requests that were due, even if their time is long over', async () => {
    const load = startLoad({ rate: 10, seconds: 0.5 });
    await load.clock.advance(2000);
    for (const index of [0, 1, 2, 3, 4]) await load.answer(index);
    await load.over;
    const latencies = [...load.samples.values()].map(({ latencyMs }) => latencyMs);
    expect(latencies).toEqual([2000, 1900, 1800, 1700, 1600]);
  });

  it.each([
    [{ rate: 10, seconds: 0.5, requests: Infinity }, 5],
    [{ rate: 0.1, seconds: 5, requests: Infinity }, 1],
    [{ rate: 0.07, seconds: 100, requests: Infinity }, 7],
    [{ rate: 10, seconds: 10, requests: 7 }, 7],
    [{ rate: undefined, seconds: 10, requests: 7 }, 7],
  ])('has so many requests by %o: %d', (options, due) => {
    expect(countDue(options)).toBe(due);
  });

  it('ends with its signal at once, and what was under way is no error', async () => {
    const stop = new AbortController();
    const load = startLoad({ rate: 10, concurrency: 3, signal: stop.signal });
    await load.clock.advance(110);
    await load.answer(0);
    stop.abort(new Error('stopped by SIGINT'));
    await settle();
    expect(load.state.isOver).toBe(false);
    await load.fail(1, new Error('stopped by SIGINT'));
    await load.over;
    expect([...load.samples.keys()]).toEqual([0]);
    expect(load.sent).toHaveLength(2);
  });

  it('waits after a failure for as long as it is told, where there is no schedule to keep', async () => {
    const backOff = () => 250;
    const load = startLoad({ requests: 3, backOff });
    await load.fail(0, new Error('no server'));
    await load.clock.advance(249);
    expect(load.sent).toHaveLength(1);
    await load.clock.advance(1);
    expect(load.sent).toHaveLength(2);

    const scheduled = startLoad({ requests: 3, backOff, rate: 10 });
    await scheduled.fail(0, new Error('no server'));
    await scheduled.clock.advance(100);
    expect(scheduled.sent.map(({ at }) => at)).toEqual([0, 100]);
  });
});
