import { open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { EmptyRepositoryError, type ModelStore } from '../inference/store.ts';
import { ModelError } from '../inference/types.ts';
import { arrange, type FileReader, type LaidOutModel, type StoredFile, VERSION } from './layout.ts';
import { parseCard } from './parse-card.ts';

/** Files of a model that have looked the same for so long are taken to be whole. */
const SETTLE_MS = 500;

/** The first look waits no longer for files to settle: then they are taken as they are. */
const LONGEST_SETTLING_MS = 5000;

/** Links may lead in circles; nobody's weights lie deeper. */
const DEEPEST = 8;

/** Time, as a store needs it. */
export interface DiskClock {
  /** Milliseconds, of any origin. */
  now(): number;
  /** Milliseconds since the Unix epoch, as the disk counts them. */
  wallTime(): number;
  sleep(ms: number): Promise<unknown>;
}

const CLOCK: DiskClock = {
  now: () => performance.now(),
  wallTime: () => Date.now(),
  sleep: (ms) => sleep(ms),
};

/** Models in a directory, laid out as layout.ts says. */
export class DiskStore implements ModelStore, FileReader {
  private readonly root: string;
  private readonly clock: DiskClock;
  /** How all files of a model looked together, and since when. */
  private seen: ReadonlyMap<string, { readonly look: string; readonly since: number }> | undefined;

  constructor(root: string, clock: DiskClock = CLOCK) {
    this.root = root;
    this.clock = clock;
  }

  /**
   * @throws EmptyRepositoryError when the directory is missing or holds no model at all, and whatever keeps it
   *   from being read
   */
  async list(): Promise<readonly LaidOutModel[]> {
    const files = this.seen ? await this.look() : await this.firstLook();
    const models = arrange(files, this);
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
    return parseCard(await this.bytes(file));
  }

  /** Nothing is known of before, so what has been touched a moment ago is given the time to settle. */
  private async firstLook(): Promise<StoredFile[]> {
    const end = this.clock.now() + LONGEST_SETTLING_MS;
    for (;;) {
      const files = await walk(this.root, '');
      const newest = Math.max(0, ...files.map(({ touched }) => touched));
      const age = Math.abs(this.clock.wallTime() - newest);
      if (age >= SETTLE_MS || this.clock.now() >= end) {
        this.remember(files, Number.NEGATIVE_INFINITY);
        return files;
      }
      await this.clock.sleep(SETTLE_MS - age);
    }
  }

  /** Every file that may belong to a model, with whether something of that model has just changed, come or gone. */
  private async look(): Promise<StoredFile[]> {
    const files = await walk(this.root, '');
    const now = this.clock.now();
    const seen = this.remember(files, now);
    return files.map((file) => {
      const since = seen.get(modelOf(file))?.since ?? now;
      return { ...file, changing: now - since < SETTLE_MS };
    });
  }

  private remember(files: readonly StoredFile[], now: number) {
    const looks = new Map<string, string[]>();
    for (const file of files) {
      const model = modelOf(file);
      const look = looks.get(model) ?? [];
      looks.set(model, look);
      look.push(`${file.path} ${file.tag}`);
    }
    const before = this.seen;
    const seen = new Map(
      [...looks].map(([model, lines]) => {
        const look = lines.sort().join('\n');
        const known = before?.get(model);
        return [model, { look, since: known?.look === look ? known.since : now }];
      }),
    );
    this.seen = seen;
    return seen;
  }
}

/** The folder of a model, or the file of one that has none. */
function modelOf({ path }: StoredFile): string {
  return path.split('/', 1)[0] ?? path;
}

interface FoundFile extends StoredFile {
  /** When it or its properties last changed, in milliseconds since the Unix epoch. */
  readonly touched: number;
}

/** Files of the root and of models' folders, and everything below a folder that is a version. */
async function walk(root: string, path: string): Promise<FoundFile[]> {
  let entries: string[];
  try {
    entries = await readdir(join(root, path));
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(reason(error))) return [];
    if (path === '') throw error;
    return [unseen(path, error)];
  }
  const visible = entries.filter((entry) => !entry.startsWith('.'));
  const found = await Promise.all(
    visible.map(async (entry): Promise<FoundFile[]> => {
      const inner = path === '' ? entry : `${path}/${entry}`;
      try {
        // Volumes are often links, so links are followed.
        const stats = await stat(join(root, inner));
        if (stats.isFile()) {
          const { size: bytes, ctimeMs: touched } = stats;
          return [{ path: inner, tag: tagOf(stats), bytes, touched }];
        }
        const parts = inner.split('/');
        const leads = path === '' || VERSION.test(parts[1] ?? '');
        return stats.isDirectory() && leads && parts.length < DEEPEST ? walk(root, inner) : [];
      } catch (error) {
        // A link to nothing, or to itself, or a file that has gone meanwhile.
        const isAbsent = ['ENOENT', 'ENOTDIR', 'ELOOP'].includes(reason(error));
        return isAbsent ? [] : [unseen(inner, error)];
      }
    }),
  );
  return found.flat();
}

/** What is there and cannot be seen. */
function unseen(path: string, error: unknown): FoundFile {
  return { path, tag: reason(error), bytes: 0, touched: 0, problem: reason(error) };
}

function tagOf(stats: { size: number; mtimeMs: number; ctimeMs: number; ino: number }): string {
  const { size, mtimeMs, ctimeMs, ino } = stats;
  return `${size} ${mtimeMs} ${ctimeMs} ${ino}`;
}

function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return 'code' in error ? String(error.code) : error.message;
}
