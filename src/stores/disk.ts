import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { ModelStore, StoredModel } from '../inference/repository.ts';
import { ModelError } from '../inference/types.ts';

const MODEL_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;
const VERSION = /^[1-9]\d*$/;

/** There is nothing to serve: the message says what to do. */
export class EmptyRepositoryError extends Error {
  override readonly name = 'EmptyRepositoryError';
}

/**
 * Models in a directory: `<name>/<version>/model.onnx`, with `<name>/model.json` for the card. Versions are
 * positive whole numbers; whatever else lies there is passed over.
 */
export class DiskStore implements ModelStore {
  private readonly root: string;

  constructor(root: string) {
    this.root = root;
  }

  /** @throws EmptyRepositoryError when the directory is missing or holds no model at all */
  async list(): Promise<readonly StoredModel[]> {
    const names = (await directories(this.root)).filter((name) => MODEL_NAME.test(name)).sort();
    const models = await Promise.all(names.map((name) => this.model(name)));
    const found = models.filter((model) => model.versions.length > 0);
    if (found.length === 0) {
      throw new EmptyRepositoryError(
        `no models in ${this.root}: put one at <name>/1/model.onnx, or set MODEL_REPOSITORY to a directory that has some`,
      );
    }
    return found;
  }

  private async model(name: string): Promise<StoredModel> {
    const folder = join(this.root, name);
    const versions = (await directories(folder)).filter((version) => VERSION.test(version));
    return {
      name,
      card: () => readCard(join(folder, 'model.json')),
      versions: versions.map((version) => ({
        version,
        graph: () => readGraph(join(folder, version, 'model.onnx')),
      })),
    };
  }
}

async function directories(path: string): Promise<string[]> {
  const entries = await readdir(path, { withFileTypes: true }).catch((error: unknown) => {
    if (['ENOENT', 'ENOTDIR'].includes(reason(error))) return [];
    throw error;
  });
  // Volumes are often links to directories, so links are followed.
  const kinds = await Promise.all(
    entries.map((entry) =>
      entry.isSymbolicLink() ? stat(join(path, entry.name)).catch(() => entry) : entry,
    ),
  );
  return entries.filter((_, i) => kinds[i]?.isDirectory()).map((entry) => entry.name);
}

async function readGraph(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (error) {
    throw new ModelError('unreadable', `cannot read model.onnx: ${reason(error)}`, {
      cause: error,
    });
  }
}

async function readCard(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    if (reason(error) === 'ENOENT') return undefined;
    throw new ModelError('unreadable', `cannot read model.json: ${reason(error)}`, {
      cause: error,
    });
  }
}

function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return 'code' in error ? String(error.code) : error.message;
}
