import {
  copyFile,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  rmdir,
  writeFile,
} from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { compareVersions } from '../inference/store.ts';
import { DiskStore } from '../stores/disk.ts';
import { type LaidOutModel, MODEL_NAME, VERSION } from '../stores/layout.ts';
import { copyExternalData } from './external-data.ts';
import { makeDirectory } from './make-directory.ts';
import { unlessStopped } from './signals.ts';

/** Where a version of a model is going to be. */
export interface Place {
  readonly root: string;
  readonly name: string;
  readonly version: string;
  /** Whether there is a folder of that model, and a card in it. */
  readonly isKnown: boolean;
  readonly hasCard: boolean;
}

/**
 * Finds the place of a new version: 1 of a model that is not there, else one more than the highest.
 *
 * @throws Error that says which names there may be, or what is in the way
 */
export async function findPlace(root: string, name: string): Promise<Place> {
  if (!MODEL_NAME.test(name)) {
    const rule = 'letters, digits and . _ -, the first one a letter or digit';
    throw new Error(`'${name}' is no name of a model: expected ${rule}`);
  }
  if ((await listDirectory(root)).includes(`${name}.onnx`)) {
    const versioned = join(root, name, '1/model.onnx');
    throw new Error(
      `${join(root, name)}.onnx is a model of that name: move it to ${versioned} first`,
    );
  }
  const entries = await listDirectory(join(root, name));
  const versions = entries.filter((entry) => VERSION.test(entry));
  // Without a folder it is version 1.
  if (entries.includes('model.onnx')) versions.push('1');
  const highest = versions.toSorted(compareVersions).at(-1) ?? '0';
  return {
    root,
    name,
    version: String(BigInt(highest) + 1n),
    isKnown: entries.length > 0,
    hasCard: entries.includes('model.json'),
  };
}

/** What a staged version has to do with cards. */
export interface Fit {
  readonly cardIs: 'new' | 'as it was' | 'none';
  /** Whether it can be served with the card that is in its place. */
  readonly fitsOldCard: boolean;
}

/** A version that is ready to be put in its place, in a directory that a server passes over. */
export class StagedModel {
  readonly place: Place;
  /** Files that the graph seems to name and that are not beside it. */
  readonly missing: readonly string[];
  /** Its files, from the folder of the version. */
  readonly files: readonly string[];
  private readonly root: string;

  constructor(place: Place, root: string, files: readonly string[], missing: readonly string[]) {
    this.place = place;
    this.root = root;
    this.files = files;
    this.missing = missing;
  }

  /** The model as a server would find it in its place. */
  async find(): Promise<LaidOutModel> {
    const [model] = await new DiskStore(this.root).list();
    if (!model) throw new Error('the copy of the model has gone');
    return model;
  }

  async writeCard(text: string): Promise<void> {
    await writeFile(this.cardPath, text);
  }

  /**
   * Puts the version, and a card that was written, where a server looks: whoever looks meanwhile finds each of them whole.
   *
   * @throws Error that says so where somebody else has put a version there meanwhile
   */
  async moveIntoPlace({ cardIs, fitsOldCard }: Fit): Promise<void> {
    const { root, name, version, isKnown } = this.place;
    if (!isKnown) {
      await rename(join(this.root, name), join(root, name)).catch(this.explainTaken);
      return;
    }
    const folder = join(root, name, version);
    // Whoever makes the folder has the version. A server passes over an empty one, and a rename may replace it.
    await mkdir(folder).catch(this.explainTaken);
    const moves = [
      () => rename(join(this.root, name, version), folder),
      ...(cardIs === 'new' ? [() => rename(this.cardPath, join(root, name, 'model.json'))] : []),
    ];
    // A server that polls may look between the two. The version comes first, so that what is served goes on as it was
    // until the new version is there; but where the old card would refuse it, the card does, which all others fit.
    if (!fitsOldCard) moves.reverse();
    try {
      for (const move of moves) await move();
    } catch (error) {
      await rmdir(folder).catch(() => {});
      throw error;
    }
  }

  private readonly explainTaken = (error: unknown): never => {
    const { name, version } = this.place;
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code !== 'EEXIST' && code !== 'ENOTEMPTY') throw error;
    throw new Error(
      `somebody else has made ${name} v${version} meanwhile: run this again for the next version`,
      { cause: error },
    );
  };

  private get cardPath(): string {
    return join(this.root, this.place.name, 'model.json');
  }
}

/**
 * Copies a graph, with the weights that lie beside it, and hands it on. Whatever comes of it, nothing is left but what was
 * moved into its place.
 *
 * @param file the graph
 * @param keepsCard whether the card that the model has is there as well
 * @param stopped ends it with its reason, as long as nothing has been handed on
 */
export async function withStaged<T>(
  place: Place,
  file: string,
  keepsCard: boolean,
  stopped: AbortSignal,
  use: (staged: StagedModel) => Promise<T>,
): Promise<T> {
  const reading = readFile(file, { signal: stopped }).catch((error: unknown) => {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    throw new Error(`cannot read ${file}: ${reason}`, { cause: error });
  });
  const graph = await unlessStopped(stopped, reading);
  const made = await makeDirectory(place.root);
  const staging = await mkdtemp(join(place.root, '.new-'));
  let isDone = false;
  try {
    const folder = join(staging, place.name, place.version);
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'model.onnx'), graph);
    const { found, missing } = await copyExternalData(graph, dirname(file), folder, stopped);
    if (keepsCard) {
      const card = join(place.name, 'model.json');
      await copyFile(join(place.root, card), join(staging, card));
    }
    const result = await use(new StagedModel(place, staging, ['model.onnx', ...found], missing));
    isDone = true;
    return result;
  } finally {
    await rm(staging, { recursive: true, force: true });
    if (!isDone && made !== undefined) await removeEmpty(place.root, made);
  }
}

/** Removes a directory and those above it, up to one, as long as nobody has put anything there meanwhile. */
async function removeEmpty(path: string, last: string): Promise<void> {
  const isRemoved = await rmdir(path).then(
    () => true,
    () => false,
  );
  if (isRemoved && resolve(path) !== resolve(last)) await removeEmpty(dirname(path), last);
}

/** @returns nothing for a directory that is not there */
async function listDirectory(path: string): Promise<readonly string[]> {
  try {
    return await readdir(path);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT') return [];
    if (code === 'ENOTDIR') throw new Error(`${path} is no directory`, { cause: error });
    throw error;
  }
}
