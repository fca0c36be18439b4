import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createCatalog } from '../../src/metrics/catalog.ts';
import { Deferred, type Delta, DeltaOutbox } from '../../src/metrics/delta.ts';
import { Totals } from '../../src/metrics/totals.ts';

/** A hub reduced to what exactly-once asks of it, behind a line that can lose a delta or its answer. */
function createHub() {
  const totals = new Totals();
  const marks = new Map<string, number>();
  const line = { loses: undefined as 'delta' | 'answer' | undefined };
  const deltas: Delta[] = [];
  const apply = async (delta: Delta) => {
    if (line.loses === 'delta') throw new Error('lost on the way');
    deltas.push(structuredClone(delta));
    if ((marks.get(delta.isolate) ?? 0) < delta.sequence) {
      totals.add(structuredClone(delta.families), 1);
      marks.set(delta.isolate, delta.sequence);
    }
    if (line.loses === 'answer') throw new Error('answer lost');
  };
  /** Everything counted in a family: its values, or its histograms' observations. */
  const value = (name: string) => {
    let sum = 0;
    for (const family of totals.snapshot()) {
      if (family.name !== name) continue;
      for (const series of family.series) {
        const counts = 'counts' in series ? series.counts : [series.value];
        sum += counts.reduce((total, count) => total + count, 0);
      }
    }
    return sum;
  };
  return { apply, line, deltas, value };
}

function createIsolate(apply: (delta: Delta) => Promise<void>, isolate = 'a') {
  const catalog = createCatalog();
  const clock = { now: 0 };
  const outbox = new DeltaOutbox({
    families: Object.values(catalog),
    isolate,
    apply,
    now: () => clock.now,
  });
  const predict = () => {
    catalog.predictionRows.cell('m', '1').add(1);
    catalog.predictionTime.cell('m', '1').observe(0.001);
  };
  return { catalog, outbox, predict, clock };
}

describe('the outbox of an isolate', () => {
  it('hands over what was counted, once', async () => {
    const hub = createHub();
    const { outbox, predict } = createIsolate(hub.apply);
    predict();
    await outbox.flush();
    predict();
    predict();
    await outbox.flush();
    expect(hub.deltas.map(({ sequence }) => sequence)).toEqual([1, 2]);
    expect(hub.value('prediction_rows_total')).toBe(3);
    expect(hub.value('prediction_time_seconds')).toBe(3);
  });

  it('sends the same delta under the same number until it is answered', async () => {
    const hub = createHub();
    const { outbox, predict } = createIsolate(hub.apply);
    predict();
    hub.line.loses = 'answer';
    await expect(outbox.flush()).rejects.toThrow('answer lost');
    predict();
    await expect(outbox.flush()).rejects.toThrow('answer lost');
    hub.line.loses = undefined;
    await outbox.flush();
    expect(hub.deltas.map(({ sequence }) => sequence)).toEqual([1, 1, 1, 2]);
    expect(hub.deltas[1]).toEqual(hub.deltas[0]);
    expect(hub.value('prediction_rows_total')).toBe(2);
  });

  it('tells of a new series at zero, and of an old one only when it has changed', async () => {
    const hub = createHub();
    const { outbox, catalog } = createIsolate(hub.apply);
    catalog.predictionRows.cell('m', '1');
    await outbox.flush();
    await outbox.flush();
    expect(hub.deltas.map(({ families }) => families.map(({ name }) => name))).toEqual([
      ['prediction_rows_total'],
    ]);
  });

  it('keeps to itself what means nothing outside its process', async () => {
    const hub = createHub();
    const { outbox, catalog } = createIsolate(hub.apply);
    catalog.httpRequestsInFlight.cell().add(1);
    catalog.modelInfo.cell('m', '1', 'x', 'wasm').set(1);
    await outbox.flush();
    expect(hub.deltas[0]?.families.map(({ name }) => name)).toEqual(['model_info']);
  });

  it('tells a gauge when it has changed, and every one now and then', async () => {
    const hub = createHub();
    const { outbox, catalog, predict, clock } = createIsolate(hub.apply);
    const gauges = () =>
      hub.deltas.map(({ families }) =>
        families.flatMap(({ type, series }) =>
          type === 'gauge' ? series.map(({ labels, value }) => [labels.version, value]) : [],
        ),
      );
    catalog.modelLoadTime.cell('m', '1').set(1);
    catalog.modelLoadTime.cell('m', '2').set(1);
    await outbox.flush();
    predict();
    catalog.modelLoadTime.cell('m', '2').set(2);
    await outbox.flush();
    predict();
    await outbox.flush();
    clock.now = 600_000;
    // That alone is no reason for a delta.
    await outbox.flush();
    predict();
    await outbox.flush();
    predict();
    await outbox.flush();
    const all = [
      ['1', 1],
      ['2', 2],
    ];
    expect(gauges()).toEqual([
      [
        ['1', 1],
        ['2', 1],
      ],
      [['2', 2]],
      [],
      all,
      [],
    ]);
  });

  it('hands over what is counted beside the cells', async () => {
    const hub = createHub();
    const { outbox, catalog } = createIsolate(hub.apply);
    let beside = 3;
    const cell = catalog.predictionFeatureBin.cell('m', '1', 'x', '+Inf');
    catalog.predictionFeatureBin.beforeRead(() => {
      cell.add(beside);
      beside = 0;
    });
    await outbox.flush();
    beside = 4;
    await outbox.flush();
    await outbox.flush();
    expect(hub.deltas).toHaveLength(2);
    expect(hub.value('prediction_feature_bin_total')).toBe(7);
  });

  it('leaves it to a flush that is under way, unless that has died', async () => {
    const hub = createHub();
    const { promise: never } = Promise.withResolvers<void>();
    let hangs = true;
    const { outbox, predict, clock } = createIsolate((delta) => (hangs ? never : hub.apply(delta)));
    predict();
    void outbox.flush();
    hangs = false;
    clock.now = 29_999;
    await outbox.flush();
    expect(hub.deltas).toEqual([]);
    clock.now = 30_000;
    await outbox.flush();
    expect(hub.value('prediction_rows_total')).toBe(1);
  });

  it('takes up what is counted while it is under way', async () => {
    const hub = createHub();
    const line = { answer: () => {} };
    const { outbox, predict } = createIsolate(async (delta) => {
      await hub.apply(delta);
      await new Promise<void>((resolve) => {
        line.answer = resolve;
      });
    });
    predict();
    const flush = outbox.flush();
    await expect.poll(() => hub.deltas.length).toBe(1);
    predict();
    expect(await outbox.flush()).toBe(false);
    line.answer();
    await expect.poll(() => hub.deltas.length).toBe(2);
    line.answer();
    expect(await flush).toBe(true);
    expect(hub.value('prediction_rows_total')).toBe(2);
  });

  it('stops when another has taken over from it, and touches nothing of that one', async () => {
    const hub = createHub();
    const calls: { delta: Delta; answer: () => void; fail: () => void }[] = [];
    const { outbox, predict, clock } = createIsolate(async (delta) => {
      await hub.apply(delta);
      await new Promise<void>((answer, reject) => {
        calls.push({ delta, answer, fail: () => reject(new Error('answer lost')) });
      });
    });
    const arrived = (count: number) => expect.poll(() => calls.length).toBe(count);
    predict();
    const slow = outbox.flush();
    await arrived(1);
    predict();
    clock.now = 30_000;
    const second = outbox.flush();
    await arrived(2);
    calls[1]?.answer();
    await arrived(3);
    predict();
    calls[0]?.answer();
    expect(await slow).toBe(false);
    expect(await outbox.flush()).toBe(false);
    calls[2]?.fail();
    await expect(second).rejects.toThrow('answer lost');
    const last = outbox.flush();
    await arrived(4);
    calls[3]?.answer();
    await arrived(5);
    calls[4]?.answer();
    expect(await last).toBe(true);
    expect(calls.map(({ delta }) => delta.sequence)).toEqual([1, 1, 2, 2, 3]);
    expect(hub.value('prediction_rows_total')).toBe(3);
  });

  it('gives up a delta before the hub could have forgotten that it has it', async () => {
    const hub = createHub();
    const { outbox, predict, clock } = createIsolate(hub.apply);
    predict();
    hub.line.loses = 'answer';
    await expect(outbox.flush()).rejects.toThrow();
    hub.line.loses = undefined;
    clock.now = 6 * 86_400_000;
    await outbox.flush();
    expect(hub.deltas.map(({ sequence }) => sequence)).toEqual([1]);
    predict();
    await outbox.flush();
    expect(hub.deltas.map(({ sequence }) => sequence)).toEqual([1, 2]);
  });

  it('loses nothing and counts nothing twice, whatever the line does', async () => {
    const step = fc.record({
      isolate: fc.constantFrom('a', 'b', 'c'),
      predictions: fc.nat(3),
      loses: fc.constantFrom('delta' as const, 'answer' as const, undefined),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
        const hub = createHub();
        const isolates = new Map(
          ['a', 'b', 'c'].map((name) => [name, createIsolate(hub.apply, name)]),
        );
        let ledger = 0;
        for (const { isolate, predictions, loses } of steps) {
          const { outbox, predict } = isolates.get(isolate) as ReturnType<typeof createIsolate>;
          for (let i = 0; i < predictions; i++) predict();
          ledger += predictions;
          hub.line.loses = loses;
          await outbox.flush().catch(() => {});
        }
        hub.line.loses = undefined;
        for (const { outbox } of isolates.values()) await outbox.flush();
        expect(hub.value('prediction_rows_total')).toBe(ledger);
        expect(hub.value('prediction_time_seconds')).toBe(ledger);
      }),
    );
  });
});

describe('deferred work', () => {
  /** Waits that end when the test says so. */
  function createDeferred(work: () => Promise<boolean>) {
    const waits: { ms: number; end: () => void }[] = [];
    const faults: unknown[] = [];
    const clock = { now: 0 };
    const deferred = new Deferred({
      delayMs: 5000,
      wait: (ms) => new Promise<void>((end) => waits.push({ ms, end })),
      now: () => clock.now,
      work,
      onFault: (error) => faults.push(error),
    });
    return { deferred, waits, faults, clock };
  }

  it('is done once for all that asked for it in the meantime', async () => {
    let done = 0;
    const { deferred, waits } = createDeferred(async () => ++done > 0);
    const first = deferred.request();
    await Promise.all([deferred.request(), deferred.request()]);
    expect(waits.map(({ ms }) => ms)).toEqual([5000]);
    waits[0]?.end();
    await first;
    expect(done).toBe(1);
    void deferred.request();
    expect(waits).toHaveLength(2);
  });

  it('is tried again when it fails, and asked for anew after that', async () => {
    let tries = 0;
    const { deferred, waits, faults } = createDeferred(async () => {
      tries++;
      throw new Error('no');
    });
    const request = deferred.request();
    for (let i = 0; i < 3; i++) {
      await expect.poll(() => waits.length).toBe(i + 1);
      waits[i]?.end();
    }
    await request;
    expect(waits.map(({ ms }) => ms)).toEqual([5000, 500, 1000]);
    expect(tries).toBe(3);
    expect(faults).toHaveLength(3);
  });

  it('is tried again when it is not done', async () => {
    let tries = 0;
    const { deferred, waits, faults } = createDeferred(async () => ++tries === 2);
    const request = deferred.request();
    waits[0]?.end();
    await expect.poll(() => waits.length).toBe(2);
    waits[1]?.end();
    await request;
    expect(tries).toBe(2);
    expect(faults).toEqual([]);
  });

  it('is asked for anew when the request that waited was cancelled', async () => {
    const { deferred, waits, clock } = createDeferred(async () => true);
    void deferred.request();
    clock.now = 34_999;
    await deferred.request();
    expect(waits).toHaveLength(1);
    clock.now = 35_000;
    void deferred.request();
    expect(waits).toHaveLength(2);
  });
});
