import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { runningClock as clock } from '../../src/clock.ts';
import { rowsAreIndependent } from '../../src/inference/independence.ts';
import { createWasmEngine } from '../../src/inference/onnx.ts';
import { ModelRepository } from '../../src/inference/repository.ts';
import { createTelemetry } from '../../src/metrics/telemetry.ts';
import { memoryStore, shippedGraph } from '../helpers/store.ts';

const graph = (name: string) => readFileSync(`test/models/${name}.onnx`);
const check = async (bytes: Uint8Array) => {
  const engine = await createWasmEngine({ clock });
  const session = await engine.load(bytes);
  const independent = await rowsAreIndependent(session);
  await session.release();
  return independent;
};

const silent = () => {};
const silentLog = { debug: silent, info: silent, warn: silent, error: silent };

describe('rows of a model', () => {
  it.each(['breast-cancer', 'digits', 'diabetes'])('are independent: %s', async (name) => {
    expect(await check(shippedGraph(name))).toBe(true);
  });

  it.each(['lookup', 'two-inputs', 'image', 'every-type', 'text'])(
    'are independent: %s',
    async (name) => {
      expect(await check(graph(name))).toBe(true);
    },
  );

  it('that are not independent are not run for several requests together', async () => {
    const { observer } = createTelemetry({ version: '', runtime: '', clock, log: silentLog });
    const engine = await createWasmEngine({ clock });
    const store = memoryStore({
      centred: { versions: { '1': graph('centred') } },
      lookup: { versions: { '1': graph('lookup') } },
    });
    const batching = {
      maxRows: 8,
      maxRunMs: 50,
      maxDelayMs: 0,
      maxQueueRows: 10,
      schedule: (flush: () => void) => void setImmediate(flush),
      now: clock.now,
    };
    const models = await ModelRepository.load(store, {
      engine,
      clock,
      observer,
      log: silentLog,
      batching,
    });
    expect((await models.get('lookup')).sharesRuns).toBe(true);
    expect((await models.get('centred')).sharesRuns).toBe(false);
    const ask = async (...values: number[]) => {
      const data = Float32Array.from(values);
      const inputs = [{ name: 'x', datatype: 'FP32', shape: [values.length, 1], data } as const];
      const { outputs } = await (await models.get('centred')).infer({ inputs });
      return Array.from(outputs[0]?.data as Float32Array);
    };
    expect(await Promise.all([ask(1, 3), ask(101, 103), ask(1000)])).toEqual([
      [-1, 1],
      [-1, 1],
      [0],
    ]);
  });

  it('are not where they are set against each other', async () => {
    expect(await check(graph('centred'))).toBe(false);
  });
});
