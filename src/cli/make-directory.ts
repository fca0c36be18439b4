import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Makes a directory and those above it. Where a file system takes none, as /proc does, Node's own `recursive` tries for
 * ever, in a thread that nothing can stop.
 *
 * @returns the first that had to be made; undefined where all were there
 * @throws Error in one line that says what keeps it from being made
 */
export async function makeDirectory(path: string): Promise<string | undefined> {
  const above = dirname(path);
  // Of the root there is none above.
  const isBelow = above !== path && !(await isDirectory(above));
  const first = isBelow ? await makeDirectory(above) : undefined;
  return (await makeOne(path)) ? (first ?? path) : first;
}

/** @returns whether it had to be made: somebody else may have made it meanwhile */
async function makeOne(path: string): Promise<boolean> {
  try {
    await mkdir(path);
    return true;
  } catch (error) {
    if (await isDirectory(path)) return false;
    const code = error instanceof Error && 'code' in error ? error.code : error;
    const reason = code === 'EEXIST' ? `${path} is no directory` : `cannot make ${path}: ${code}`;
    throw new Error(reason, { cause: error });
  }
}

async function isDirectory(path: string): Promise<boolean> {
  return stat(path).then(
    (stats) => stats.isDirectory(),
    () => false,
  );
}
