import { describe, expect, it } from 'vitest';
import { runningClock as clock } from '../../src/clock.ts';
import { createWasmEngine } from '../../src/inference/onnx.ts';
import { ModelRepository } from '../../src/inference/repository.ts';
import type { Engine } from '../../src/inference/types.ts';
import { createTestApp } from '../helpers/app.ts';
import { post, readCard } from '../helpers/golden.ts';
import {
  lookupGraph,
  type MemoryStore,
  memoryStore,
  shippedCard,
  shippedGraph,
} from '../helpers/store.ts';

const nothing = () => {};
/** What a repository is made of beside its engine, when nobody listens. */
const silent = {
  clock,
  log: { debug: nothing, info: nothing, warn: nothing, error: nothing },
  observer: {
    accepted: nothing,
    ran: nothing,
    waited: nothing,
    loaded: nothing,
    unloaded: nothing,
    loadFailed: nothing,
  },
};

type Instance = Awaited<ReturnType<typeof createTestApp>>;

/** The real engine, which notes what it does with sessions, and waits before it makes one where a test wants that. */
async function watchedEngine() {
  const engine = await createWasmEngine({ clock });
  const watched = {
    released: 0,
    /** Outputs of every run, in order: also those that nobody asked for. */
    runs: [] as unknown[][],
    beforeLoad: undefined as (() => Promise<void>) | undefined,
    engine: {
      name: engine.name,
      load: async (...files) => {
        await watched.beforeLoad?.();
        const session = await engine.load(...files);
        const { inputs, outputs, parallelRuns } = session;
        return {
          inputs,
          outputs,
          parallelRuns,
          run: async (tensors, names) => {
            watched.runs.push(tensors.map(({ data }) => Array.from(data as Float32Array)));
            return session.run(tensors, names);
          },
          release: async () => {
            watched.released++;
            await session.release();
          },
        };
      },
    } satisfies Engine as Engine,
  };
  return watched;
}

/** The value at place 3, which is three times the step of the version's table, and the version that said so. */
async function ask({ app }: Instance, path = '/predict') {
  const response = await app.request(path, post([3]));
  const body = (await response.json()) as {
    version?: string;
    predictions?: { value: number }[];
    code?: string;
  };
  return body.code ?? `v${body.version}: ${body.predictions?.[0]?.value}`;
}

async function list({ app }: Instance) {
  const { models } = (await (await app.request('/models')).json()) as {
    models: { name: string; version: string; state: string; reason?: string }[];
  };
  return models.map(({ name, version, state, reason }) =>
    [name, version, state, ...(reason ? [reason] : [])].join(' '),
  );
}

async function isReady({ app }: Instance): Promise<boolean> {
  return (await app.request('/readyz')).ok;
}

function series({ catalog }: Instance, name: 'modelInfo' | 'modelLoadFailures' | 'predictionRows') {
  return catalog[name].snapshot().series.map((each) => {
    const { model, version, reason } = each.labels;
    return [model, version, reason, 'value' in each ? each.value : ''].filter(Boolean).join(' ');
  });
}

/** A start-up with one version of a lookup model. */
async function startWithOne(settings: Record<string, string> = {}) {
  const store = memoryStore({ m: { versions: { '1': lookupGraph(10) } } });
  const watched = await watchedEngine();
  const instance = await createTestApp(settings, { store, engine: watched.engine });
  return { store, watched, instance };
}

const put = (store: MemoryStore, version: string, step: number) =>
  store.write(`m/${version}/model.onnx`, lookupGraph(step));

describe('following the store', () => {
  it('loads a new version, serves it, and keeps the old one for those who name it', async () => {
    const { store, instance } = await startWithOne();
    put(store, '2', 20);
    expect(await ask(instance)).toBe('v1: 30');
    await instance.models.refresh();
    expect(await ask(instance)).toBe('v2: 60');
    expect(await ask(instance, '/models/m/versions/1/predict')).toBe('v1: 30');
    expect(await list(instance)).toEqual(['m 2 READY', 'm 1 READY']);
  });

  it('answers with the old version until the new one is ready', async () => {
    const { store, watched, instance } = await startWithOne();
    put(store, '1', 20);
    const gate = Promise.withResolvers<void>();
    watched.beforeLoad = () => gate.promise;
    const refreshed = instance.models.refresh();
    expect(await ask(instance)).toBe('v1: 30');
    expect(await isReady(instance)).toBe(true);
    gate.resolve();
    await refreshed;
    expect(await ask(instance)).toBe('v1: 60');
  });

  it('gives a replaced session back once the last request that has it is answered, and not before', async () => {
    const { store, watched, instance } = await startWithOne();
    const held = await instance.models.use('m');
    put(store, '1', 20);
    await instance.models.refresh();
    expect(await ask(instance)).toBe('v1: 60');
    expect(watched.released).toBe(0);
    const inputs = [
      { name: 'place', datatype: 'INT64', shape: [1], data: BigInt64Array.of(3n) } as const,
    ];
    expect((await held.infer({ inputs })).outputs[0]?.data).toEqual(Float32Array.of(30));
    held.letGo();
    await expect.poll(() => watched.released).toBe(1);
    await expect(held.infer({ inputs })).rejects.toMatchObject({ code: 'not_ready' });
  });

  it('leaves alone what has not changed', async () => {
    const { watched, instance } = await startWithOne();
    const held = await instance.models.get('m');
    await instance.models.refresh();
    await instance.models.load('m');
    expect(await instance.models.get('m')).toBe(held);
    expect(watched.released).toBe(0);
  });

  it('leaves alone what is still being written', async () => {
    const { store, instance } = await startWithOne();
    const graph = lookupGraph(20);
    store.write('m/2/model.onnx', graph.slice(0, 50), true);
    await instance.models.refresh();
    expect(await list(instance)).toEqual([
      'm 2 UNKNOWN its files are still being written',
      'm 1 READY',
    ]);
    expect(await ask(instance)).toBe('v1: 30');
    expect(await ask(instance, '/models/m/versions/2/predict')).toBe('not_ready');
    expect(await isReady(instance)).toBe(true);
    store.write('m/2/model.onnx', graph);
    await instance.models.refresh();
    expect(await ask(instance)).toBe('v2: 60');
  });

  it('keeps what it has when new files cannot be loaded, says so, and takes them when they can', async () => {
    const { store, instance } = await startWithOne();
    store.write('m/1/model.onnx', lookupGraph(20).slice(0, 50));
    await instance.models.refresh();
    expect(await ask(instance)).toBe('v1: 30');
    expect(await list(instance)).toEqual([
      expect.stringMatching(
        /^m 1 READY its files have changed and cannot be loaded \(ONNX Runtime cannot load the graph: .*\); it is served as it was$/,
      ),
    ]);
    expect(await isReady(instance)).toBe(true);
    expect(series(instance, 'modelLoadFailures')).toEqual(['m 1 bad_graph 1']);
    expect(instance.lines).toContainEqual(
      expect.objectContaining({ level: 'error', msg: 'model not reloaded', fault: 'bad_graph' }),
    );
    // Nothing has changed: it is neither tried nor counted again.
    await instance.models.refresh();
    expect(series(instance, 'modelLoadFailures')).toEqual(['m 1 bad_graph 1']);
    put(store, '1', 20);
    await instance.models.refresh();
    expect(await ask(instance)).toBe('v1: 60');
    expect(await list(instance)).toEqual(['m 1 READY']);
  });

  it('serves the old version while the new one is broken', async () => {
    const { store, instance } = await startWithOne();
    store.write('m/2/model.onnx', 'no graph');
    await instance.models.refresh();
    expect(await ask(instance)).toBe('v1: 30');
    expect(await isReady(instance)).toBe(true);
    expect(await ask(instance, '/models/m/versions/2/predict')).toBe('not_ready');
  });

  it('tries again what could not be read, and tells of it once', async () => {
    const { store, instance } = await startWithOne();
    put(store, '2', 20);
    const read = store.bytes.bind(store);
    store.bytes = async (file) => {
      if (file.path.startsWith('m/2')) store.failure = new Error('lost');
      try {
        return await read(file);
      } finally {
        store.failure = undefined;
      }
    };
    await instance.models.refresh();
    await instance.models.refresh();
    expect(await list(instance)).toEqual(['m 2 UNAVAILABLE lost', 'm 1 READY']);
    expect(series(instance, 'modelLoadFailures')).toEqual(['m 2 unreadable 1']);
    store.bytes = read;
    await instance.models.refresh();
    expect(await ask(instance)).toBe('v2: 60');
  });

  it('takes a changed card, and keeps the old one when the new one is wrong', async () => {
    const versions = { '1': shippedGraph('breast-cancer') };
    const card = (changes = {}) => shippedCard('breast-cancer', changes);
    const store = memoryStore({ 'breast-cancer': { card: card(), versions } });
    const instance = await createTestApp({}, { store });
    const row = post(readCard('breast-cancer').examples[0]);
    const label = async () => {
      const answer = await (await instance.app.request('/predict', row)).json();
      return (answer as { predictions: { label: string }[] }).predictions[0]?.label;
    };
    expect(await label()).toBe('malignant');
    store.write('breast-cancer/model.json', card({ labels: ['bad', 'good'], reference: {} }));
    await instance.models.refresh();
    expect(await label()).toBe('bad');
    store.write('breast-cancer/model.json', card({ labels: ['one'], reference: {} }));
    await instance.models.refresh();
    expect(await label()).toBe('bad');
    expect(await list(instance)).toEqual([
      expect.stringMatching(/^breast-cancer 1 READY its files have changed .*1 labels/),
    ]);
  });

  it('lets a version or a model go that two looks in a row do not find', async () => {
    const { store, instance } = await startWithOne();
    put(store, '2', 20);
    store.write('n/1/model.onnx', lookupGraph(30));
    await instance.models.refresh();
    expect(await ask(instance, '/models/n/predict')).toBe('v1: 90');

    store.remove('n/');
    store.remove('m/2/');
    await instance.models.refresh();
    expect(await ask(instance, '/models/m/predict')).toBe('v2: 60');
    expect(await ask(instance, '/models/n/predict')).toBe('v1: 90');
    await instance.models.refresh();
    await expect.poll(() => list(instance)).toEqual(['m 1 READY']);
    expect(await ask(instance, '/models/m/predict')).toBe('v1: 30');
    expect(await ask(instance, '/models/n/predict')).toBe('model_not_found');
    expect(series(instance, 'modelInfo')).toEqual(['m 1 1']);
    // What they have done stays counted.
    expect(series(instance, 'predictionRows')).toContain('n 1 2');
  });

  it('keeps everything while the store cannot be listed', async () => {
    const { store, instance } = await startWithOne();
    store.failure = new Error('the disk is gone');
    await expect(instance.models.refresh()).rejects.toThrow('the disk is gone');
    await expect(instance.models.refresh()).rejects.toThrow('the disk is gone');
    expect(await ask(instance)).toBe('v1: 30');
    store.failure = undefined;
    put(store, '2', 20);
    await instance.models.refresh();
    expect(await ask(instance)).toBe('v2: 60');
  });
});

describe('a store that changes under the hands of whoever reads it', () => {
  it('is listed once by many who ask at the same time', async () => {
    const { store, watched } = await startWithOne();
    let lists = 0;
    const list = store.list.bind(store);
    store.list = async () => {
      lists++;
      return list();
    };
    const models = new ModelRepository(store, { ...silent, engine: watched.engine });
    await Promise.all(Array.from({ length: 50 }, () => models.discover()));
    expect(lists).toBe(1);
  });

  it('gives the version that is there when the turn comes', async () => {
    const card = { name: 'm', task: 'regression', outputs: { value: 'value' } };
    const store = memoryStore({ m: { card, versions: { '1': lookupGraph(10) } } });
    const models = new ModelRepository(store, {
      ...silent,
      engine: (await watchedEngine()).engine,
    });
    await models.discover();
    put(store, '2', 20);
    store.write('m/model.json', { ...card, serve: [2] });
    // Asked while another turn takes in a policy that leaves version 1 out.
    const refreshed = models.refresh();
    await expect(models.get('m', '1')).rejects.toMatchObject({ code: 'version_not_found' });
    await refreshed;
    expect(models.entries().map(({ version, state }) => `${version} ${state}`)).toEqual([
      '2 READY',
    ]);
  });

  it('may fail to answer for ever: the next one to ask tries again', async () => {
    const store = memoryStore({ m: { versions: { '1': lookupGraph(10) } } });
    const read = store.bytes.bind(store);
    store.bytes = () => new Promise(() => {});
    const stuck = Promise.withResolvers<void>();
    const { engine } = await watchedEngine();
    const models = new ModelRepository(store, {
      ...silent,
      engine,
      requestsMayDie: true,
      stuck: () => stuck.promise,
    });
    void models.refresh();
    await expect.poll(() => models.entries()[0]?.state).toBe('LOADING');
    store.bytes = read;
    const model = models.get('m');
    stuck.resolve();
    expect(await model).toMatchObject({ name: 'm', version: '1' });
  });

  it('keeps what it has of a model whose folder cannot be read any more', async () => {
    const { store, instance } = await startWithOne();
    put(store, '2', 20);
    await instance.models.refresh();
    store.obscure('m', 'EACCES');
    await instance.models.refresh();
    await instance.models.refresh();
    const kept = 'READY it cannot be read (EACCES); it is served as it was';
    expect(await list(instance)).toEqual([`m 2 ${kept}`, `m 1 ${kept}`]);
    expect(await ask(instance)).toBe('v2: 60');
    store.obscure('m', undefined);
    await instance.models.refresh();
    expect(await list(instance)).toEqual(['m 2 READY', 'm 1 READY']);
    store.obscure('n', 'EACCES');
    await instance.models.refresh();
    expect(await list(instance)).toContain('n 1 UNAVAILABLE its folder cannot be read: EACCES');
  });
});

describe('loading', () => {
  it('is tried again at the next look where it failed of a fault that was not the model’s', async () => {
    const watched = await watchedEngine();
    watched.beforeLoad = async () => {
      throw new Error('the thread died');
    };
    const store = memoryStore({ lookup: { versions: { 1: lookupGraph(1) } } });
    const repository = await ModelRepository.load(store, { ...silent, engine: watched.engine });
    expect(repository.entry('lookup')).toMatchObject({ state: 'UNAVAILABLE', fault: 'internal' });
    watched.beforeLoad = undefined;
    await repository.refresh();
    expect(repository.entry('lookup').state).toBe('READY');
  });

  it('runs the first example of the card before a model is ready, and zeros without one', async () => {
    const { watched, instance, store } = await startWithOne();
    expect(watched.runs).toEqual([[[0n]]]);
    const example = readCard('breast-cancer').examples[0] as number[];
    store.write('breast-cancer/model.json', shippedCard('breast-cancer'));
    store.write('breast-cancer/1/model.onnx', shippedGraph('breast-cancer'));
    await instance.models.refresh();
    expect(watched.runs).toHaveLength(2);
    expect(watched.runs[1]).toEqual([example.map(Math.fround)]);
    // Nobody asked for these runs, so they are not counted.
    const counted = instance.catalog.predictionRows.snapshot().series;
    expect(counted.map(({ value }) => value)).toEqual([0, 0]);
  });

  it('is a state of its own, in which a new model is not ready and its first request waits', async () => {
    const { store, watched, instance } = await startWithOne();
    store.write('n/1/model.onnx', lookupGraph(30));
    const gate = Promise.withResolvers<void>();
    watched.beforeLoad = () => gate.promise;
    const refreshed = instance.models.refresh();
    await expect.poll(() => list(instance)).toEqual(['m 1 READY', 'n 1 LOADING']);
    expect(await isReady(instance)).toBe(false);
    const answer = ask(instance, '/models/n/predict');
    gate.resolve();
    expect(await answer).toBe('v1: 90');
    await refreshed;
    expect(await isReady(instance)).toBe(true);
  });

  it('turns a fault that nobody has foreseen into an unavailable model, with the reason in the log', async () => {
    const { store, watched, instance } = await startWithOne();
    store.write('n/1/model.onnx', lookupGraph(30));
    watched.beforeLoad = async () => {
      throw new RangeError('out of memory at 0x123');
    };
    await instance.models.refresh();
    expect(await list(instance)).toEqual([
      'm 1 READY',
      'n 1 UNAVAILABLE the server failed; its log has the reason',
    ]);
    const [line] = instance.lines.filter(({ msg }) => msg === 'failed to load a model');
    expect(line).toMatchObject({
      model: 'n',
      err: expect.objectContaining({ name: 'RangeError' }),
    });
  });
});

describe('a policy of versions', () => {
  const card = (serve: unknown) => ({
    name: 'm',
    task: 'regression',
    outputs: { value: 'value' },
    serve,
  });
  const versions = { '1': lookupGraph(10), '2': lookupGraph(20), '10': lookupGraph(100) };

  it.each([
    ['all', ['m 10 READY', 'm 2 READY', 'm 1 READY'], 'v10: 300'],
    [{ latest: 2 }, ['m 10 READY', 'm 2 READY'], 'v10: 300'],
    [[1, '2'], ['m 2 READY', 'm 1 READY'], 'v2: 60'],
    [
      [2, 7],
      ['m 7 UNAVAILABLE the card serves version 7, which is not there', 'm 2 READY'],
      'v2: 60',
    ],
  ])('%j is kept to', async (serve, listed, answer) => {
    const store = memoryStore({ m: { card: card(serve), versions } });
    const instance = await createTestApp({}, { store });
    expect(await list(instance)).toEqual(listed);
    expect(await ask(instance)).toBe(answer);
    expect(await isReady(instance)).toBe(true);
  });

  it('moves with the versions, and keeps the former one while its successor is broken', async () => {
    const store = memoryStore({ m: { card: card({ latest: 1 }), versions: { '1': versions[1] } } });
    const instance = await createTestApp({}, { store });
    store.write('m/2/model.onnx', 'broken');
    await instance.models.refresh();
    expect(await ask(instance)).toBe('v1: 30');
    store.write('m/2/model.onnx', versions[2]);
    await instance.models.refresh();
    expect(await ask(instance)).toBe('v2: 60');
    await expect.poll(() => list(instance)).toEqual(['m 2 READY']);
    expect(await ask(instance, '/models/m/versions/1/predict')).toBe('version_not_found');
  });
});

describe('unloading', () => {
  it('takes a model out of service until it is loaded again, whatever its files do', async () => {
    const { store, watched, instance } = await startWithOne();
    const held = await instance.models.use('m');
    await instance.models.unload('m');
    expect(await list(instance)).toEqual(['m 1 UNLOADING']);
    expect(await ask(instance)).toBe('not_ready');
    held.letGo();
    await expect.poll(() => list(instance)).toEqual(['m 1 UNAVAILABLE unloaded']);
    expect(watched.released).toBe(1);
    // It is so on purpose, and nothing to take the server out of service for.
    expect(await isReady(instance)).toBe(true);
    put(store, '2', 20);
    await instance.models.refresh();
    expect(await ask(instance)).toBe('not_ready');
    await instance.models.load('m');
    expect(await ask(instance)).toBe('v2: 60');
    expect(await list(instance)).toEqual(['m 2 READY', 'm 1 READY']);
  });

  it('and loading know what is there', async () => {
    const { store, instance } = await startWithOne();
    await expect(instance.models.unload('x')).rejects.toMatchObject({ code: 'model_not_found' });
    await expect(instance.models.load('x')).rejects.toMatchObject({ code: 'model_not_found' });
    store.write('m/1/model.onnx', 'broken');
    await expect(instance.models.load('m')).rejects.toMatchObject({
      code: 'bad_model',
      message: expect.stringMatching(
        /^model 'm', version 1: its files have changed and cannot be loaded/,
      ),
    });
    expect(await ask(instance)).toBe('v1: 30');
    store.remove('m/');
    await expect(instance.models.load('m')).rejects.toMatchObject({ code: 'model_not_found' });
    expect(await ask(instance)).toBe('v1: 30');
  });

  it('takes the card as it is at that moment', async () => {
    const versions = { '1': shippedGraph('breast-cancer') };
    const store = memoryStore({
      'breast-cancer': { card: shippedCard('breast-cancer'), versions },
    });
    const instance = await createTestApp({}, { store });
    const changed = shippedCard('breast-cancer', { labels: ['bad', 'good'], reference: {} });
    // Just written, as every file is that somebody loads by hand.
    store.write('breast-cancer/model.json', changed, true);
    await instance.models.load('breast-cancer');
    const { card } = await instance.models.get('breast-cancer');
    expect(card).toMatchObject({ labels: ['bad', 'good'] });
  });

  it('tries again what failed for a reason that nobody has foreseen', async () => {
    const { store, watched, instance } = await startWithOne();
    store.write('n/1/model.onnx', lookupGraph(30));
    watched.beforeLoad = async () => {
      throw new RangeError('no memory');
    };
    await expect(instance.models.load('n')).rejects.toMatchObject({ code: 'bad_model' });
    watched.beforeLoad = undefined;
    await instance.models.load('n');
    expect(await ask(instance, '/models/n/predict')).toBe('v1: 90');
  });

  it('brings back what is on its way out', async () => {
    const { store, instance } = await startWithOne();
    store.write('n/1/model.onnx', lookupGraph(30));
    await instance.models.refresh();
    const held = await instance.models.use('n');
    store.hide('n/');
    await instance.models.refresh();
    await instance.models.refresh();
    expect(await list(instance)).toContain('n 1 UNLOADING');
    store.show();
    const loaded = instance.models.load('n');
    held.letGo();
    await loaded;
    expect(await ask(instance, '/models/n/predict')).toBe('v1: 90');
    expect(await list(instance)).toEqual(['m 1 READY', 'n 1 READY']);
  });

  it('forgets a model that was unloaded and whose files have gone', async () => {
    const { store, instance } = await startWithOne();
    store.write('n/1/model.onnx', lookupGraph(30));
    await instance.models.refresh();
    await instance.models.unload('n');
    store.remove('n/');
    await instance.models.refresh();
    await instance.models.refresh();
    await expect.poll(() => list(instance)).toEqual(['m 1 READY']);
  });

  it('says that the store cannot be listed', async () => {
    const { store, instance } = await startWithOne();
    store.failure = new Error('the disk is gone');
    await expect(instance.models.load('m')).rejects.toMatchObject({
      code: 'not_ready',
      message: 'the disk is gone',
    });
  });

  it('loads a version beside it that was removed at once when somebody asks for it', async () => {
    const { store, instance } = await startWithOne();
    put(store, '2', 20);
    await instance.models.load('m');
    store.remove('m/2/');
    await instance.models.load('m');
    expect(await ask(instance)).toBe('v1: 30');
  });
});

describe('a bound on memory', () => {
  const bytes = lookupGraph(1).byteLength;
  const three = () => {
    const versions = (step: number) => ({ versions: { '1': lookupGraph(step) } });
    return memoryStore({ a: versions(10), b: versions(20), c: versions(30) });
  };

  it('keeps out what does not fit, and takes it in once there is room', async () => {
    const store = three();
    const instance = await createTestApp({ MAX_LOADED_BYTES: `${2 * bytes + 1}` }, { store });
    expect(await list(instance)).toEqual([
      'a 1 READY',
      'b 1 READY',
      `c 1 UNAVAILABLE it takes ${bytes} bytes; MAX_LOADED_BYTES is ${2 * bytes + 1}, of which ${2 * bytes} are taken`,
    ]);
    expect(await isReady(instance)).toBe(false);
    expect(series(instance, 'modelLoadFailures')).toEqual(['c 1 no_room 1']);
    await instance.models.unload('a');
    await instance.models.refresh();
    expect(await ask(instance, '/models/c/predict')).toBe('v1: 90');
  });

  it('lets the one go that was asked longest ago, and loads it again when it is asked for', async () => {
    const settings = { MAX_LOADED_BYTES: `${2 * bytes + 1}`, LOAD_ON_DEMAND: 'true' };
    const watched = await watchedEngine();
    const instance = await createTestApp(settings, { store: three(), engine: watched.engine });
    const resting = 'unloaded to make room, loaded again when it is asked for';
    expect(await list(instance)).toEqual([
      'a 1 READY',
      'b 1 READY',
      'c 1 UNKNOWN loaded when it is asked for',
    ]);
    expect(await isReady(instance)).toBe(true);
    expect((await instance.app.request('/v2/models/c/ready')).status).toBe(200);

    expect(await ask(instance, '/models/a/predict')).toBe('v1: 30');
    expect(await ask(instance, '/models/c/predict')).toBe('v1: 90');
    expect(await list(instance)).toEqual(['a 1 READY', `b 1 UNKNOWN ${resting}`, 'c 1 READY']);
    expect(watched.released).toBe(1);
    // Several who ask at once load it once.
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => ask(instance, '/models/b/predict')),
    );
    expect(answers).toEqual(Array(5).fill('v1: 60'));
    expect(await list(instance)).toEqual([`a 1 UNKNOWN ${resting}`, 'b 1 READY', 'c 1 READY']);
    // A description is asked for like an answer.
    expect((await instance.app.request('/v2/models/a')).status).toBe(200);
    expect(await list(instance)).toEqual(['a 1 READY', 'b 1 READY', `c 1 UNKNOWN ${resting}`]);
    expect(series(instance, 'modelInfo')).toHaveLength(2);
  });

  it('waits for those who use a model before it gives its room away', async () => {
    const settings = { MAX_LOADED_BYTES: `${bytes}`, LOAD_ON_DEMAND: 'true' };
    const watched = await watchedEngine();
    const instance = await createTestApp(settings, { store: three(), engine: watched.engine });
    const held = await instance.models.use('a');
    const other = ask(instance, '/models/b/predict');
    await expect.poll(() => list(instance)).toContainEqual(expect.stringMatching(/^a 1 UNKNOWN/));
    expect(watched.released).toBe(0);
    held.letGo();
    expect(await other).toBe('v1: 60');
    expect(watched.released).toBe(1);
  });

  it('reads nothing of what cannot fit, and does not try it again until there is room', async () => {
    const store = three();
    const reads: string[] = [];
    const read = store.bytes.bind(store);
    store.bytes = async (file) => {
      reads.push(file.path);
      return read(file);
    };
    const instance = await createTestApp({ MAX_LOADED_BYTES: `${2 * bytes + 1}` }, { store });
    await instance.models.refresh();
    await instance.models.refresh();
    expect(reads).toEqual(['a/1/model.onnx', 'b/1/model.onnx']);
  });

  it('lets nobody be driven out by what nobody asks for', async () => {
    const settings = { MAX_LOADED_BYTES: `${2 * bytes + 1}`, LOAD_ON_DEMAND: 'true' };
    const store = three();
    const instance = await createTestApp(settings, { store });
    store.write('c/1/model.onnx', lookupGraph(40));
    store.write('d/1/model.onnx', lookupGraph(50));
    await instance.models.refresh();
    const states = async () => (await list(instance)).map((line) => line.slice(0, 11));
    expect(await states()).toEqual(['a 1 READY', 'b 1 READY', 'c 1 UNKNOWN', 'd 1 UNKNOWN']);
    expect(await ask(instance, '/models/c/predict')).toBe('v1: 120');
  });

  it('finds a resting model whose files have changed since', async () => {
    const settings = { MAX_LOADED_BYTES: `${bytes}`, LOAD_ON_DEMAND: 'true' };
    const store = three();
    const instance = await createTestApp(settings, { store });
    // What was listed is not there any more: another file has its name.
    store.write('b/1/model.onnx', lookupGraph(70));
    expect(await ask(instance, '/models/b/predict')).toBe('v1: 210');
  });

  it('loads nothing for a client that has gone', async () => {
    const settings = { MAX_LOADED_BYTES: `${bytes}`, LOAD_ON_DEMAND: 'true' };
    const instance = await createTestApp(settings, { store: three() });
    const asked = instance.models.use('b', undefined, () => false);
    await expect(asked).rejects.toMatchObject({ code: 'cancelled' });
    expect(await list(instance)).toContain('a 1 READY');
  });

  it('never takes what would not fit even alone', async () => {
    const settings = { MAX_LOADED_BYTES: '10', LOAD_ON_DEMAND: 'true' };
    const instance = await createTestApp(settings, { store: three() });
    expect(await ask(instance, '/models/a/predict')).toBe('not_ready');
    expect(await list(instance)).toContain(
      `a 1 UNAVAILABLE it takes ${bytes} bytes; MAX_LOADED_BYTES is 10`,
    );
  });
});
