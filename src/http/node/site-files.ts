import { readFile } from 'node:fs/promises';
import type { ReadSiteFile } from '../../site/site.ts';

/** Where `npm run site` puts what it builds. */
const SITE = new URL('../../../dist/site/', import.meta.url);

/** Reads the site's files from the disk, whenever one is asked for: nothing is held of pages that nobody looks at. */
export const readSiteFile: ReadSiteFile = async (path) => {
  try {
    return await readFile(new URL(path, SITE));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
};
