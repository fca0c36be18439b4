import { createHash } from 'node:crypto';
import { stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CHECKSUM_LINE } from '../inference/integrity.ts';
import type { ModelFiles } from '../inference/store.ts';
import { type LaidOutModel, type LaidOutVersion, listFiles } from '../stores/layout.ts';

/** An object that a push puts into a bucket. */
export interface Upload {
  /** Its place below the repository's root, in the bucket as on the disk. */
  readonly key: string;
  /** The file that it is a copy of. */
  readonly file: string;
  readonly bytes: number;
}

/** wrangler writes a key into a URL as it is: these would make another key of it. */
const UNFIT_FOR_A_URL = /[?#%\\\p{Cc}]/u;

/**
 * What makes up the models of a repository, in the order in which it has to be pushed. A version whose hashes are
 * not all in a SHA256SUMS gets one: it is written elsewhere, since the repository is its owner's.
 *
 * @param root the repository's directory
 * @param scratch a directory for the SHA256SUMS that are written
 * @throws Error that names the version that cannot be pushed, and why
 */
export async function planPush(
  root: string,
  models: readonly LaidOutModel[],
  scratch: string,
): Promise<readonly Upload[]> {
  const written = new Map<string, string>();
  const keys = new Set<string>();
  for (const model of models) {
    const versions: LaidOutVersion[] = [];
    for (const version of model.versions) {
      const name = `${model.name} v${version.version}`;
      const files = await readVersion(version, name);
      const key = checksumsKey(version, files, name);
      const sums = key === undefined ? undefined : completeChecksums(files);
      if (key !== undefined && sums !== undefined) {
        const file = join(scratch, `${model.name}-${version.version}.SHA256SUMS`);
        await writeFile(file, sums);
        written.set(key, file);
      }
      const checksums = version.paths.checksums ?? key;
      versions.push({ ...version, paths: { ...version.paths, checksums } });
    }
    for (const key of await listFiles({ ...model, versions })) keys.add(key);
  }
  return Promise.all(
    [...keys].map(async (key) => {
      if (UNFIT_FOR_A_URL.test(key)) {
        throw new Error(`${key}: expected a name without ? # % \\ and control characters`);
      }
      const file = written.get(key) ?? join(root, key);
      return { key, file, bytes: (await stat(file)).size };
    }),
  );
}

async function readVersion({ read }: LaidOutVersion, name: string): Promise<ModelFiles> {
  try {
    return await read();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`${name} cannot be pushed: ${reason}`, { cause: error });
  }
}

/**
 * Where the hashes of a version belong; nowhere for a graph in the repository's root, which is whole as one object.
 *
 * @throws Error for one that is not: nothing would tell its graph from the one that belongs to other weights
 */
function checksumsKey(
  { paths }: LaidOutVersion,
  { externalData }: ModelFiles,
  name: string,
): string | undefined {
  const { graph = '' } = paths;
  const folder = graph.slice(0, graph.lastIndexOf('/') + 1);
  if (folder !== '') return `${folder}SHA256SUMS`;
  const [data] = externalData;
  if (!data) return undefined;
  const place = `${graph.replace(/\.onnx$/, '')}/1/`;
  throw new Error(
    `${name} cannot be pushed: ${graph} keeps weights in ${data.path}, and only in a folder of its own can hashes hold the two together; move them to ${place} and call the graph model.onnx`,
  );
}

/** @returns undefined when the SHA256SUMS that is there has every file; else its lines, and those that it lacks */
function completeChecksums({ graph, externalData, checksums = '' }: ModelFiles) {
  const lines = checksums.split(/\r?\n/).filter((line) => line !== '');
  const there = new Set(lines.map((line) => CHECKSUM_LINE.exec(line)?.[2]));
  const missing = [{ path: 'model.onnx', data: graph }, ...externalData]
    .filter(({ path }) => !there.has(path))
    .map(({ path, data }) => `${createHash('sha256').update(data).digest('hex')}  ${path}`);
  if (missing.length === 0) return undefined;
  return [...lines, ...missing, ''].join('\n');
}
