import { readFile } from 'node:fs/promises';
import type { ReadSiteFile } from '../../site/site.ts';

/** Where `npm run site` puts what it builds. */
const SITE = new URL('../../../dist/site/', import.meta.url);

/** Reads the site's files from the disk, whenever one is asked for: nothing is held of pages that nobody looks at. */
export const readSiteFile: ReadSiteFile = async (path, gzip) => {
  // It is there beforehand: to compress a megabyte for whoever asks would take time from predictions.
  const compressed = gzip ? await read(`${path}.gz`) : undefined;
  const bytes = compressed ?? (await read(path));
  return bytes && { bytes, isGzip: compressed !== undefined };
};

async function read(path: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
  try {
    return await readFile(new URL(path, SITE));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
