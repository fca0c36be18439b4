import { describe, expect, it } from 'vitest';
import {
  type DeliveryObserver,
  DeliveryQueue,
  MemoryBatches,
} from '../../src/remote-write/queue.ts';
import type { SendResult } from '../../src/remote-write/send.ts';

const SENT: SendResult = { outcome: 'sent' };
const RETRY: SendResult = { outcome: 'retry', reason: 'status 500' };
const REJECTED: SendResult = { outcome: 'rejected', reason: 'status 400' };

/** A queue in front of a receiver that answers as told, on a clock that is moved by hand. */
function createQueue(options: { maxSamples?: number; random?: number } = {}) {
  const sent: number[] = [];
  const answers: (SendResult | Promise<SendResult>)[] = [];
  const events: string[] = [];
  const observer: DeliveryObserver = {
    attempted: (outcome) => events.push(outcome),
    left: (samples, outcome) => events.push(`${samples} ${outcome}`),
    pending: () => {},
    troubled: () => {},
  };
  const clock = { now: 0 };
  const batches = new MemoryBatches();
  const queue = new DeliveryQueue({
    batches,
    send: async (body) => {
      sent.push(body[0] ?? -1);
      return (await answers.shift()) ?? SENT;
    },
    maxSamples: options.maxSamples ?? 100,
    observer,
    now: () => clock.now,
    random: () => options.random ?? 0,
  });
  const add = (name: number, samples = 10) =>
    queue.add([{ samples, body: new Uint8Array([name]) }]);
  return { queue, batches, add, sent, answers, events, clock };
}

describe('the delivery queue', () => {
  it('sends in order until nothing waits', async () => {
    const { queue, add, sent, events, batches } = createQueue();
    for (const name of [1, 2, 3]) add(name);
    expect(await queue.deliver()).toBeUndefined();
    expect(sent).toEqual([1, 2, 3]);
    expect(batches.samples).toBe(0);
    expect(events).toEqual(['sent', '10 sent', 'sent', '10 sent', 'sent', '10 sent']);
  });

  it('holds everything back until what failed has gone through, with the same bytes', async () => {
    const { queue, add, sent, answers, clock } = createQueue();
    answers.push(RETRY, RETRY);
    add(1);
    add(2);
    expect(await queue.deliver()).toBe(1000);
    add(3);
    expect(await queue.deliver()).toBe(1000);
    clock.now = 999;
    expect(await queue.deliver()).toBe(1);
    clock.now = 1000;
    expect(await queue.deliver()).toBe(2000);
    clock.now = 3000;
    expect(await queue.deliver()).toBeUndefined();
    expect(sent).toEqual([1, 1, 1, 2, 3]);
  });

  it.each([
    [0, [1, 2, 4, 8, 16, 30, 30]],
    [1, [2, 4, 8, 16, 32, 60, 60]],
  ])('backs off from a second to a minute; by chance %d: %j s', async (random, seconds) => {
    const { queue, add, answers, clock } = createQueue({ random });
    add(1);
    const waits: number[] = [];
    for (const _ of seconds) {
      answers.push(RETRY);
      const wait = (await queue.deliver()) ?? -1;
      clock.now += wait;
      waits.push(wait / 1000);
    }
    expect(waits).toEqual(seconds);
  });

  it('starts over after a success', async () => {
    const { queue, add, answers, clock } = createQueue();
    answers.push(RETRY, RETRY, SENT, RETRY);
    add(1);
    add(2);
    clock.now += (await queue.deliver()) ?? 0;
    clock.now += (await queue.deliver()) ?? 0;
    expect(await queue.deliver()).toBe(1000);
  });

  it('waits as long as the receiver asks, when that is longer', async () => {
    const { queue, add, answers } = createQueue();
    answers.push({ ...RETRY, afterMs: 90_000 });
    add(1);
    expect(await queue.deliver()).toBe(90_000);
  });

  it('goes on with the next after a refusal', async () => {
    const { queue, add, sent, answers, events } = createQueue();
    answers.push(REJECTED);
    add(1);
    add(2);
    expect(await queue.deliver()).toBeUndefined();
    expect(sent).toEqual([1, 2]);
    expect(events).toEqual(['rejected', '10 rejected', 'sent', '10 sent']);
  });

  it('drops the oldest beyond its bound, and counts every sample of it', async () => {
    const { queue, add, sent, events } = createQueue({ maxSamples: 25 });
    for (const name of [1, 2, 3, 4]) add(name);
    expect(events).toEqual(['10 dropped', '10 dropped']);
    await queue.deliver();
    expect(sent).toEqual([3, 4]);
  });

  it('never drops what is being sent', async () => {
    const { queue, add, sent, answers, events } = createQueue({ maxSamples: 25 });
    const { promise, resolve } = Promise.withResolvers<SendResult>();
    answers.push(promise);
    add(1);
    add(2);
    const delivery = queue.deliver();
    await expect.poll(() => sent).toEqual([1]);
    add(3);
    resolve(SENT);
    await delivery;
    expect(sent).toEqual([1, 3]);
    expect(events).toEqual(['10 dropped', 'sent', '10 sent', 'sent', '10 sent']);
  });

  it('has one request under way, however often it is asked to deliver', async () => {
    const { queue, add, sent, answers } = createQueue();
    const { promise, resolve } = Promise.withResolvers<SendResult>();
    answers.push(promise);
    add(1);
    const deliveries = [queue.deliver(), queue.deliver(), queue.deliver()];
    await expect.poll(() => sent).toEqual([1]);
    resolve(SENT);
    expect(await Promise.all(deliveries)).toEqual([undefined, undefined, undefined]);
    expect(sent).toEqual([1]);
  });

  it('tries at once when told to', async () => {
    const { queue, add, sent, answers } = createQueue();
    answers.push({ ...RETRY, afterMs: 90_000 });
    add(1);
    await queue.deliver();
    queue.retryNow();
    await queue.deliver();
    expect(sent).toEqual([1, 1]);
  });

  it('leaves it to a delivery that is under way where none may be waited for', async () => {
    const { queue, add, sent, answers, clock } = createQueue();
    const { promise: never } = Promise.withResolvers<SendResult>();
    answers.push(never);
    add(1);
    void queue.deliverAlone(30_000);
    await expect.poll(() => sent).toEqual([1]);
    clock.now = 29_999;
    expect(await queue.deliverAlone(30_000)).toBe(false);
    clock.now = 30_000;
    expect(await queue.deliverAlone(30_000)).toBe(true);
    expect(sent).toEqual([1, 1]);
  });

  it('pays no heed to a delivery that comes back after it was given up', async () => {
    const { queue, add, sent, answers, events, clock } = createQueue();
    const { promise, resolve } = Promise.withResolvers<SendResult>();
    answers.push(promise);
    add(1);
    add(2);
    const slow = queue.deliverAlone(30_000);
    await expect.poll(() => sent).toEqual([1]);
    clock.now = 30_000;
    await queue.deliverAlone(30_000);
    resolve(REJECTED);
    await slow;
    expect(sent).toEqual([1, 1, 2]);
    expect(events).toEqual(['sent', '10 sent', 'sent', '10 sent']);
  });

  it('goes on where it was after a restart, and never waits longer than an hour', async () => {
    const { queue, batches, add, answers, clock } = createQueue();
    answers.push({ ...RETRY, afterMs: 90_000 });
    add(1);
    await queue.deliver();
    clock.now = 50_000;
    const restarted = new DeliveryQueue({
      batches,
      send: async () => SENT,
      maxSamples: 100,
      observer: { attempted: () => {}, left: () => {}, pending: () => {}, troubled: () => {} },
      now: () => clock.now,
      random: () => 0,
    });
    expect(await restarted.deliver()).toBe(40_000);
    clock.now = -10 * 3_600_000;
    expect(await restarted.deliver()).toBe(3_600_000);
  });

  it('sends nothing more once it is closed', async () => {
    const { queue, add, sent } = createQueue();
    add(1);
    queue.close();
    expect(await queue.deliver()).toBeUndefined();
    expect(sent).toEqual([]);
  });
});
