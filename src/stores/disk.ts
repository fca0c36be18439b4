import { open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { EmptyRepositoryError, type ModelStore } from '../inference/store.ts';
import { ModelError } from '../inference/types.ts';
import { arrange, type FileReader, type LaidOutModel, type StoredFile, VERSION } from './layout.ts';

/** A file that has looked the same for so long is taken to be whole. */
const SETTLE_MS = 500;

/** Links may lead in circles; nobody's weights lie deeper. */
const DEEPEST = 8;

/** Models in a directory, laid out as layout.ts says. */
export class DiskStore implements ModelStore, FileReader {
  private readonly root: string;
  private readonly now: () => number;
  /** When each file was first seen as it is; undefined before the first look, which takes everything as it is. */
  private seen: ReadonlyMap<string, { readonly tag: string; readonly since: number }> | undefined;

  /** @param now milliseconds, of any origin */
  constructor(root: string, now: () => number = () => performance.now()) {
    this.root = root;
    this.now = now;
  }

  /**
   * @throws EmptyRepositoryError when the directory is missing or holds no model at all, and whatever keeps it
   *   from being read
   */
  async list(): Promise<readonly LaidOutModel[]> {
    const models = arrange(await this.look(), this);
    if (models.length > 0) return models;
    throw new EmptyRepositoryError(
      `no models in ${this.root}: put one at <name>/1/model.onnx, or set MODEL_REPOSITORY to a directory that has some`,
    );
  }

  async bytes(file: StoredFile): Promise<Uint8Array<ArrayBuffer>> {
    const name = file.path.slice(file.path.lastIndexOf('/') + 1);
    try {
      const handle = await open(join(this.root, file.path));
      try {
        const bytes = await handle.readFile();
        // Of the very file that was read: another may have its name by now.
        if (tagOf(await handle.stat()) === file.tag) return bytes;
      } finally {
        await handle.close();
      }
    } catch (error) {
      const message = `cannot read ${name}: ${reason(error)}`;
      throw new ModelError('unreadable', message, { cause: error });
    }
    throw new ModelError('unreadable', `${name} changed while it was read`);
  }

  async json(file: StoredFile): Promise<unknown> {
    const text = new TextDecoder().decode(await this.bytes(file));
    try {
      return JSON.parse(text);
    } catch (error) {
      const message = `model.json is not JSON: ${reason(error)}`;
      throw new ModelError('unreadable', message, { cause: error });
    }
  }

  /** Every file that may belong to a model, with whether it has just changed. */
  private async look(): Promise<StoredFile[]> {
    const files = await walk(this.root, '');
    const now = this.now();
    const before = this.seen;
    const seen = files.map(({ path, tag }) => {
      const known = before?.get(path);
      const since = !before ? Number.NEGATIVE_INFINITY : known?.tag === tag ? known.since : now;
      return [path, { tag, since }] as const;
    });
    this.seen = new Map(seen);
    return files.map((file) => {
      const since = this.seen?.get(file.path)?.since ?? now;
      return { ...file, changing: now - since < SETTLE_MS };
    });
  }
}

/** Files of the root and of models' folders, and everything below a folder that is a version. */
async function walk(root: string, path: string): Promise<StoredFile[]> {
  let entries: string[];
  try {
    entries = await readdir(join(root, path));
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(reason(error))) return [];
    if (path === '') throw error;
    // The model that must be there cannot be read, which whoever tries will hear again.
    return [{ path: `${path}/model.onnx`, tag: reason(error), bytes: 0 }];
  }
  const visible = entries.filter((entry) => !entry.startsWith('.'));
  const found = await Promise.all(
    visible.map(async (entry): Promise<StoredFile[]> => {
      const inner = path === '' ? entry : `${path}/${entry}`;
      // Volumes are often links, so links are followed.
      const stats = await stat(join(root, inner)).catch(() => undefined);
      if (stats?.isFile()) return [{ path: inner, tag: tagOf(stats), bytes: stats.size }];
      const parts = inner.split('/');
      const leads = path === '' || VERSION.test(parts[1] ?? '');
      return stats?.isDirectory() && leads && parts.length < DEEPEST ? walk(root, inner) : [];
    }),
  );
  return found.flat();
}

function tagOf(stats: { size: number; mtimeMs: number; ctimeMs: number; ino: number }): string {
  const { size, mtimeMs, ctimeMs, ino } = stats;
  return `${size} ${mtimeMs} ${ctimeMs} ${ino}`;
}

function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return 'code' in error ? String(error.code) : error.message;
}
