import type { Clock } from '../clock.ts';
import type { Logger } from '../log.ts';
import { type BatchingOptions, canShareRuns } from './batcher.ts';
import { mayLoop } from './byte-search.ts';
import { rowsAreIndependent } from './independence.ts';
import { checkIntegrity } from './integrity.ts';
import { Model } from './model.ts';
import { type ModelCard, parseModelCard } from './model-card.ts';
import type { ModelFiles } from './store.ts';
import { type Engine, type InferenceObserver, ModelError, type Session } from './types.ts';

/** What models are loaded with. */
export interface LoaderParts {
  readonly engine: Engine;
  readonly clock: Clock;
  readonly observer: InferenceObserver;
  readonly log: Logger;
  /** How requests share runs; without it each runs at once, alone. */
  readonly batching?: BatchingOptions | undefined;
}

/** What a version is made of. */
export interface VersionSource {
  readonly name: string;
  readonly version: string;
  /** The JSON of the model's card; undefined where there is none. */
  readonly card: unknown;
  readonly files: ModelFiles;
}

/**
 * Makes a version of a model that can be asked: its files are checked, its card is held against its graph, and
 * it has run once.
 *
 * @throws ModelError
 */
export async function loadModel(source: VersionSource, parts: LoaderParts): Promise<Model> {
  const { name, version, files } = source;
  const { engine, clock, observer, batching } = parts;
  const card = readCard(source);
  const sha256 = await checkIntegrity(files, card, version);
  const start = clock.now();
  const session = await engine.load(files.graph, files.externalData);
  const loadSeconds = (clock.now() - start) / 1000;
  try {
    const independentRows = await isIndependent(session, source, parts);
    const model = new Model({
      name,
      version,
      card,
      session,
      sha256,
      bytes: bytesOf(files),
      loadSeconds,
      observer,
      batching,
      independentRows,
    });
    if (card?.examples?.length || !mayLoop(files.graph)) await model.warmUp();
    return model;
  } catch (error) {
    await session.release();
    throw error;
  }
}

/** Bytes of the files that a session is made of. */
export function bytesOf({ graph, externalData }: ModelFiles): number {
  return externalData.reduce((sum, { data }) => sum + data.byteLength, graph.byteLength);
}

async function isIndependent(
  session: Session,
  { name, version, files }: VersionSource,
  { batching, log }: LoaderParts,
): Promise<boolean | undefined> {
  if (!batching || !canShareRuns(session)) return undefined;
  // What may go round without end is not tried out, and shares nothing.
  if (mayLoop(files.graph)) return false;
  const independent = await rowsAreIndependent(session);
  if (!independent) {
    log.info({ model: name, version }, 'rows depend on each other: requests share no runs');
  }
  return independent;
}

/** The model's card, with what the version has of its own in its place. */
function readCard({ name, card: shared, files }: VersionSource): ModelCard | undefined {
  const { overrides } = files;
  if (shared === undefined && overrides === undefined) return undefined;
  if (overrides !== undefined && !isObject(overrides)) {
    throw new ModelError('bad_card', "the version's model.json is no object");
  }
  if (overrides && 'serve' in overrides) {
    const message = "serve: is of the model's card, not of a version's";
    throw new ModelError('bad_card', `the model card is wrong: ${message}`);
  }
  const card = parseModelCard(
    isObject(shared) ? { ...shared, ...overrides } : (shared ?? overrides),
  );
  if (card.name === name) return card;
  throw new ModelError('bad_card', `the card is of '${card.name}', its folder is '${name}'`);
}

function isObject(json: unknown): json is Record<string, unknown> {
  return typeof json === 'object' && json !== null && !Array.isArray(json);
}
