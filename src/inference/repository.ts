import type { Clock } from '../clock.ts';
import { AppError } from '../errors.ts';
import type { Logger } from '../log.ts';
import { type BatchingOptions, canShareRuns } from './batcher.ts';
import { rowsAreIndependent } from './independence.ts';
import { Model } from './model.ts';
import { type ModelCard, parseModelCard } from './model-card.ts';
import { type Engine, type InferenceObserver, ModelError, type ModelFault } from './types.ts';

/** A model as a store holds it, before anything of it is read. */
export interface StoredModel {
  readonly name: string;
  /** model.json, parsed, when there is one. */
  card(): Promise<unknown>;
  readonly versions: readonly { readonly version: string; graph(): Promise<Uint8Array> }[];
}

/** Where models come from: a disk, a bundle, a bucket. */
export interface ModelStore {
  list(): Promise<readonly StoredModel[]>;
}

/** One version of a model: being served, or not, and why. */
export type ModelEntry =
  | {
      readonly name: string;
      readonly version: string;
      readonly state: 'READY';
      readonly model: Model;
    }
  | {
      readonly name: string;
      readonly version: string;
      readonly state: 'UNAVAILABLE';
      readonly fault: ModelFault;
      readonly reason: string;
    };

export interface RepositoryParts {
  readonly engine: Engine;
  readonly clock: Clock;
  readonly observer: InferenceObserver;
  readonly log: Logger;
  /** How requests share runs; without it each runs at once, alone. */
  readonly batching?: BatchingOptions | undefined;
}

/** The models that are served, by name and version. */
export class ModelRepository {
  /** Name -> its versions, highest first. */
  private readonly byName: ReadonlyMap<string, readonly ModelEntry[]>;

  private constructor(byName: ReadonlyMap<string, readonly ModelEntry[]>) {
    this.byName = byName;
  }

  /**
   * Loads every version of every model in a store. A model that cannot be served leaves the others alone:
   * it is listed as UNAVAILABLE with the reason.
   */
  static async load(store: ModelStore, parts: RepositoryParts): Promise<ModelRepository> {
    const byName = new Map<string, ModelEntry[]>();
    for (const stored of await store.list()) {
      const entries: ModelEntry[] = [];
      const highestFirst = stored.versions.toSorted(
        (a, b) => Number(b.version) - Number(a.version),
      );
      for (const { version, graph } of highestFirst) {
        const entry = await loadEntry(stored, version, graph, parts);
        report(entry, parts);
        entries.push(entry);
      }
      byName.set(stored.name, entries);
    }
    return new ModelRepository(byName);
  }

  /** Every version of every model, by name and then highest version first. */
  entries(): readonly ModelEntry[] {
    return [...this.byName.values()].flat();
  }

  names(): readonly string[] {
    return [...this.byName.keys()];
  }

  /**
   * The model to ask: the given version, or the highest that is ready.
   *
   * @throws AppError model_not_found, version_not_found or not_ready
   */
  get(name: string, version?: string): Model {
    const entries = this.byName.get(name);
    if (!entries) {
      // The wording is what Open Inference Protocol clients look for.
      throw new AppError(
        'model_not_found',
        `Request for unknown model: '${name.slice(0, 80)}' is not found`,
      );
    }
    const candidates =
      version === undefined ? entries : entries.filter((e) => e.version === version);
    if (candidates.length === 0) {
      const known = entries.map((entry) => entry.version).join(', ');
      throw new AppError(
        'version_not_found',
        `model '${name}' has no version '${(version ?? '').slice(0, 80)}'; it has ${known || 'none'}`,
      );
    }
    const ready = candidates.find((entry) => entry.state === 'READY');
    if (!ready) throw new AppError('not_ready', `model '${name}' is not ready; see /readyz`);
    return ready.model;
  }
}

/** Tells telemetry and the log how the loading of a model went. */
function report(entry: ModelEntry, { engine, observer, log }: RepositoryParts): void {
  const { name, version } = entry;
  if (entry.state === 'READY') {
    observer.loaded(entry.model, engine.name);
    const load_ms = Math.round(entry.model.loadSeconds * 1000);
    log.info({ model: name, version, load_ms }, 'model ready');
  } else {
    observer.loadFailed(entry);
    const { fault, reason } = entry;
    log.error({ model: name, version, fault, reason }, 'model unavailable');
  }
}

async function loadEntry(
  stored: StoredModel,
  version: string,
  graph: () => Promise<Uint8Array>,
  { engine, clock, observer, log, batching }: RepositoryParts,
): Promise<ModelEntry> {
  const { name } = stored;
  try {
    const card = await readCard(stored);
    const bytes = await graph();
    const sha256 = await hash(bytes);
    const expected = card?.sha256?.[version];
    if (expected !== undefined && expected !== sha256) {
      throw new ModelError('wrong_hash', `its SHA-256 is ${sha256}, the card says ${expected}`);
    }
    const start = clock.now();
    const session = await engine.load(bytes);
    const loadSeconds = (clock.now() - start) / 1000;
    try {
      const independentRows =
        batching && canShareRuns(session) && (await rowsAreIndependent(session));
      if (independentRows === false && batching && canShareRuns(session)) {
        log.info({ model: name, version }, 'rows depend on each other: requests share no runs');
      }
      const model = new Model({
        name,
        version,
        card,
        session,
        sha256,
        loadSeconds,
        observer,
        batching,
        independentRows,
      });
      return { name, version, state: 'READY', model };
    } catch (error) {
      await session.release();
      throw error;
    }
  } catch (error) {
    if (!(error instanceof ModelError)) throw error;
    return { name, version, state: 'UNAVAILABLE', fault: error.fault, reason: error.message };
  }
}

async function readCard(stored: StoredModel): Promise<ModelCard | undefined> {
  const json = await stored.card();
  if (json === undefined) return undefined;
  const card = parseModelCard(json);
  if (card.name !== stored.name) {
    throw new ModelError(
      'bad_card',
      `the card is of '${card.name}', its folder is '${stored.name}'`,
    );
  }
  return card;
}

async function hash(bytes: Uint8Array): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new Uint8Array(bytes));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
