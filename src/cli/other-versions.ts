import { type LoaderParts, loadModel, type VersionSource } from '../inference/loader.ts';
import { compareVersions, type ModelFiles } from '../inference/store.ts';
import { ModelError } from '../inference/types.ts';
import { DiskStore } from '../stores/disk.ts';
import type { Place } from './stage-model.ts';

/**
 * Holds what a model has already against a card that is to take the place of its own.
 *
 * @param card the JSON of the new one
 * @param files of the new version
 * @returns whether the new version loads with the card that is there, or without one where there is none
 * @throws Error that names the versions that could not be served any longer
 */
export async function holdAgainstCard(
  place: Place,
  card: unknown,
  files: ModelFiles,
  parts: LoaderParts,
): Promise<boolean> {
  const { root, name, version } = place;
  const model = (await new DiskStore(root).list()).find((each) => each.name === name);
  const old = await model?.card?.read().catch(ignoreFault);
  const load = (version: string, card: unknown, files: ModelFiles) =>
    findProblem({ name, version, card, files }, parts);
  const lost: string[] = [];
  const versions = model?.versions.toSorted((a, b) => compareVersions(a.version, b.version)) ?? [];
  for (const stored of versions) {
    const storedFiles = await stored.read().catch(ignoreFault);
    if (!storedFiles) continue;
    const problem = await load(stored.version, card, storedFiles);
    // What cannot be served as it is loses nothing.
    if (problem === undefined || (await load(stored.version, old, storedFiles)) !== undefined)
      continue;
    lost.push(`  v${stored.version}: ${problem}`);
  }
  if (lost.length === 0) return (await load(version, old, files)) === undefined;
  throw new Error(
    [
      `with the new card of ${name} these could not be served any longer:`,
      ...lost,
      'take them away first, or give the graph another name; nothing has been put in place',
    ].join('\n'),
  );
}

/** @returns undefined for a version that loads */
async function findProblem(source: VersionSource, parts: LoaderParts): Promise<string | undefined> {
  try {
    await (await loadModel(source, parts)).retire();
    return undefined;
  } catch (error) {
    if (error instanceof ModelError) return error.message;
    throw error;
  }
}

/** A file that cannot be read is no fault of the new card. */
function ignoreFault(error: unknown): undefined {
  if (!(error instanceof ModelError)) throw error;
}
