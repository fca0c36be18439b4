import { runningClock as clock } from '../clock.ts';
import type { Config } from '../config.ts';
import { messageOf } from '../errors.ts';
import { bytesOf } from '../inference/loader.ts';
import type { Model } from '../inference/model.ts';
import { ModelRepository } from '../inference/repository.ts';
import { compareVersions, type StoredVersion } from '../inference/store.ts';
import type { ModelFault, TensorSpec } from '../inference/types.ts';
import { zeros } from '../inference/warm-up.ts';
import { DiskStore } from '../stores/disk.ts';
import { createLoaderParts } from './loader-parts.ts';
import { summarise } from './times.ts';

/** What became of a version when it was loaded as the server loads it. */
export interface LoadedVersion {
  readonly model: string;
  readonly version: string;
  /** 'left out' is what the model's card does not ask to be served: it is not loaded, and nobody misses it. */
  readonly outcome: 'ok' | 'failed' | 'left out';
  /** Why it is not ok. */
  readonly reason?: string | undefined;
  readonly fault?: ModelFault | undefined;
  /** Of the graph and its external data; undefined where they cannot be read. */
  readonly bytes: number | undefined;
  /** What could be loaded has these as well. */
  readonly loaded?: {
    readonly inputs: readonly TensorSpec[];
    readonly outputs: readonly TensorSpec[];
    readonly loadSeconds: number;
    /** Of a run of one row; undefined for a model without examples that does not take zeros. */
    readonly runSeconds: number | undefined;
  };
}

/** Runs that are timed, and the milliseconds after which no further one is begun. */
const TIMED_RUNS = 21;
const LONGEST_TIMING_MS = 1000;

/**
 * Loads every version of every model in a repository exactly as the server would, tries each, and lets all go again.
 *
 * @param config MODEL_REPOSITORY, the engine and its threads, how runs are shared, and how much is loaded at once
 * @returns by name, and then highest version first
 * @throws EmptyRepositoryError, and NativeEngineError; what is wrong with a model is told of that model
 */
export async function loadAll(config: Config): Promise<LoadedVersion[]> {
  const stored = await listStored(config.MODEL_REPOSITORY);
  const models = await ModelRepository.load(new DiskStore(config.MODEL_REPOSITORY), {
    ...(await createLoaderParts(config)),
    maxLoadedBytes: config.MAX_LOADED_BYTES,
    loadOnDemand: config.LOAD_ON_DEMAND,
  });

  const versions: LoadedVersion[] = [];
  for (const { name, version } of models.entries()) {
    const key = keyOf(name, version);
    versions.push(await tryVersion(models, name, version, stored.get(key)));
    stored.delete(key);
  }
  for (const name of models.names()) await models.unload(name);
  // What the store has and the repository has not is what the cards do not ask for.
  for (const [key, files] of stored) {
    const [model = '', version = ''] = key.split('/');
    const reason = 'the card does not ask for it to be served';
    versions.push({ model, version, outcome: 'left out', reason, bytes: await sizeOf(files) });
  }
  return versions.sort((a, b) => {
    if (a.model !== b.model) return a.model < b.model ? -1 : 1;
    return compareVersions(b.version, a.version);
  });
}

/** The versions that there are, by model and version. */
async function listStored(root: string): Promise<Map<string, StoredVersion>> {
  const models = await new DiskStore(root).list();
  return new Map(
    models.flatMap(({ name, versions }) =>
      versions.map((stored) => [keyOf(name, stored.version), stored] as const),
    ),
  );
}

function keyOf(model: string, version: string): string {
  return `${model}/${version}`;
}

async function tryVersion(
  models: ModelRepository,
  name: string,
  version: string,
  files: StoredVersion | undefined,
): Promise<LoadedVersion> {
  const common = { model: name, version };
  try {
    // What the settings let be loaded on demand is loaded here.
    const model = await models.use(name, version);
    try {
      const { inputs, outputs, loadSeconds, bytes } = model;
      const loaded = { inputs, outputs, loadSeconds, runSeconds: await timeRuns(model) };
      return { ...common, outcome: 'ok', bytes, loaded };
    } finally {
      model.letGo();
    }
  } catch (error) {
    const entry = models.entry(name, version);
    const fault = entry.state === 'UNAVAILABLE' ? entry.fault : undefined;
    const reason = entry.reason ?? messageOf(error);
    return { ...common, outcome: 'failed', fault, reason, bytes: files && (await sizeOf(files)) };
  }
}

/** @returns the median of several runs of the first example of its card, or of zeros, in seconds */
async function timeRuns(model: Model): Promise<number | undefined> {
  const [example] = model.card?.examples ?? [];
  const seconds: number[] = [];
  const end = clock.now() + LONGEST_TIMING_MS;
  try {
    do {
      // Anew each time: a run may take its inputs to another thread.
      const inputs = example
        ? model.readRows([example])
        : model.inputs.map((input) => zeros(input, 1));
      seconds.push((await model.infer({ inputs })).seconds);
    } while (seconds.length < TIMED_RUNS && clock.now() < end);
  } catch {
    // An example has been run by the server's own check; zeros a graph may well refuse.
    return undefined;
  }
  return summarise(seconds)?.p50;
}

async function sizeOf(stored: StoredVersion): Promise<number | undefined> {
  try {
    return bytesOf(await stored.read());
  } catch {
    return undefined;
  }
}
