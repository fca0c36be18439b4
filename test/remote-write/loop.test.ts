import { describe, expect, it } from 'vitest';
import type { FamilySnapshot } from '../../src/metrics/snapshot.ts';
import { PushLoop } from '../../src/remote-write/loop.ts';
import { Pusher } from '../../src/remote-write/pusher.ts';
import { DeliveryQueue, MemoryBatches } from '../../src/remote-write/queue.ts';
import type { SendResult } from '../../src/remote-write/send.ts';

const FAMILY: FamilySnapshot = {
  type: 'gauge',
  name: 'g',
  help: 'G.',
  series: [{ labels: {}, value: 1 }],
};

/** A loop whose time is moved by hand: `pass` lets so much go by and the loop do what it has to. */
function createLoop(options: { send?: () => Promise<SendResult> } = {}) {
  const clock = { now: 0 };
  const sleepers = new Set<{ until: number; wake: () => void }>();
  const snapshots = { taken: 0, fail: false };
  const sent: number[] = [];
  const faults: unknown[] = [];
  const queue = new DeliveryQueue({
    batches: new MemoryBatches(),
    send: async () => {
      sent.push(clock.now);
      return options.send?.() ?? { outcome: 'sent' };
    },
    maxSamples: 1000,
    observer: { attempted: () => {}, left: () => {}, pending: () => {}, troubled: () => {} },
    now: () => clock.now,
    random: () => 0,
  });
  const pusher = new Pusher({
    snapshot: async () => {
      snapshots.taken++;
      if (snapshots.fail) throw new Error('no snapshot');
      return [FAMILY];
    },
    common: () => ({}),
    queue,
    wallTime: () => clock.now,
  });
  const loop = new PushLoop({
    pusher,
    queue,
    intervalMs: 1000,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        const sleeper = { until: clock.now + ms, wake: resolve };
        sleepers.add(sleeper);
        signal.addEventListener('abort', () => reject(new Error('woken')));
      }),
    now: () => clock.now,
    onFault: (error) => faults.push(error),
  });
  const pass = async (ms: number) => {
    clock.now += ms;
    for (const sleeper of sleepers) {
      if (sleeper.until > clock.now) continue;
      sleepers.delete(sleeper);
      sleeper.wake();
    }
    await new Promise(setImmediate);
    await new Promise(setImmediate);
  };
  return { loop, pass, snapshots, sent, faults };
}

describe('the loop that pushes', () => {
  it('takes a snapshot every interval', async () => {
    const { loop, pass, sent } = createLoop();
    loop.start();
    for (let i = 0; i < 3; i++) await pass(1000);
    expect(sent).toEqual([1000, 2000, 3000]);
    await loop.stop(5000);
  });

  it('goes on after a snapshot that failed', async () => {
    const { loop, pass, snapshots, sent, faults } = createLoop();
    loop.start();
    snapshots.fail = true;
    await pass(1000);
    snapshots.fail = false;
    await pass(1000);
    expect(sent).toEqual([2000]);
    expect(faults).toHaveLength(1);
    await loop.stop(5000);
  });

  it('takes one snapshot after the process stood still, not all that it missed', async () => {
    const { loop, pass, snapshots } = createLoop();
    loop.start();
    await pass(3_600_000);
    expect(snapshots.taken).toBe(1);
    await pass(1000);
    expect(snapshots.taken).toBe(2);
    await loop.stop(5000);
  });

  it('sends the last values and the end when it stops, and gives up after its grace', async () => {
    const { loop, sent } = createLoop();
    loop.start();
    await loop.stop(5000);
    expect(sent).toHaveLength(2);

    const hanging = createLoop({ send: () => new Promise(() => {}) });
    hanging.loop.start();
    const stopped = hanging.loop.stop(5000);
    await hanging.pass(0);
    await hanging.pass(4999);
    expect(hanging.sent).toHaveLength(1);
    await hanging.pass(1);
    await stopped;
    await hanging.pass(60_000);
    expect(hanging.sent).toHaveLength(1);
  });
});
