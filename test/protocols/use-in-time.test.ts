import { describe, expect, it } from 'vitest';
import type { After } from '../../src/http/deadline.ts';
import type { Model } from '../../src/inference/model.ts';
import { useInTime } from '../../src/protocols/use-in-time.ts';
import { createTestApp } from '../helpers/app.ts';

/** A model that is being loaded, and a clock moved by hand. */
async function createBench() {
  const { models } = await createTestApp();
  const model = await models.use('digits');
  let expire: () => void = () => {};
  const waits: number[] = [];
  const after: After = (ms, callback) => {
    waits.push(ms);
    expire = callback;
    return () => {
      expire = () => {};
    };
  };
  const { promise: loading, resolve: load, reject: fail } = Promise.withResolvers<Model>();
  const used = Promise.resolve(useInTime(loading, 150, { now: () => 100, after }));
  used.catch(() => {});
  return { model, load, fail, used, waits, expire: () => expire() };
}

describe('a model that has to be loaded first', () => {
  it('is used when it comes in time', async () => {
    const { model, load, used, waits, expire } = await createBench();
    load(model);
    expect(await used).toBe(model);
    expire();
    expect(model.isUsed).toBe(true);
    expect(waits).toEqual([50]);
  });

  it('is let go again when it comes too late', async () => {
    const { model, load, used, expire } = await createBench();
    expire();
    await expect(used).rejects.toMatchObject({ code: 'timeout' });
    load(model);
    await new Promise(setImmediate);
    expect(model.isUsed).toBe(false);
  });

  it('fails as its load does', async () => {
    const { fail, used } = await createBench();
    fail(new Error('no file'));
    await expect(used).rejects.toThrow('no file');
  });
});
