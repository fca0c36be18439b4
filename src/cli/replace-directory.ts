import { cp, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** What cannot be moved: a directory of a lower layer of an overlay file system, and a mount point. */
const IMMOVABLE = ['EXDEV', 'EBUSY'] as const;

/**
 * Puts a directory in the place of another, which others may be reading and replacing meanwhile.
 *
 * @param target what is replaced, if it is there
 * @throws Error of the file system; what was there is there again, unless it could not be moved
 */
export async function replaceDirectory(directory: string, target: string): Promise<void> {
  const former = `${directory}-former`;
  const why = await rename(target, former).catch(unless('ENOENT', ...IMMOVABLE));
  if (why !== undefined && why !== 'ENOENT') return fillAnew(directory, target);
  const putBack = async (error: unknown) => {
    if (why === undefined) await rename(former, target);
    throw error;
  };
  const fault = await rename(directory, target).catch(unless('ENOTEMPTY', 'EEXIST')).catch(putBack);
  await rm(former, { recursive: true, force: true });
  // Somebody else has built at the same time, and was there first.
  if (fault !== undefined) await replaceDirectory(directory, target);
}

/** What lies in directories comes before the files that name it, and what is no longer named leaves last. */
async function fillAnew(directory: string, target: string): Promise<void> {
  const parts = await readdir(directory, { withFileTypes: true });
  parts.sort((a, b) => Number(b.isDirectory()) - Number(a.isDirectory()));
  for (const { name } of parts) {
    await cp(join(directory, name), join(target, name), { recursive: true });
  }
  const kept = new Set(await readdir(directory, { recursive: true }));
  for (const path of await readdir(target, { recursive: true })) {
    if (!kept.has(path)) await rm(join(target, path), { recursive: true, force: true });
  }
}

/** @returns passes on which of these codes an error has, and throws any other */
function unless(...codes: readonly string[]): (error: unknown) => string {
  return (error) => {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (typeof code === 'string' && codes.includes(code)) return code;
    throw error;
  };
}
