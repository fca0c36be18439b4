import { parseModelCard } from '../inference/model-card.ts';
import type { ModelFiles } from '../inference/store.ts';
import { servedVersions } from '../inference/version-policy.ts';
import { DiskStore } from '../stores/disk.ts';

/** A version of a model that is to be profiled, as it lies in a repository. */
export interface Profiled {
  readonly name: string;
  readonly version: string;
  /** The names of the values in a row. */
  readonly features: readonly string[];
  /** The model's card and its files without the statistics that they may have: those are about to be replaced. */
  readonly card: unknown;
  readonly files: ModelFiles;
  /** Where the statistics belong, below the root: in the version's own card, if that has some, else in the model's. */
  readonly cardPath: string;
}

/**
 * Finds a model and the version of it that is served, or another one that is asked for.
 *
 * @param root the repository's directory
 * @throws Error that says what to do
 */
export async function findProfiled(
  root: string,
  name: string,
  wanted: string | undefined,
): Promise<Profiled> {
  const models = await new DiskStore(root).list();
  const model = models.find((each) => each.name === name);
  if (!model) {
    const names = models.map((each) => each.name).join(', ');
    throw new Error(`there is no model '${name}' in ${root}: it has ${names}`);
  }
  if (model.problem !== undefined) throw new Error(`${root}/${name}: ${model.problem}`);
  const shared = await model.card?.read();
  const there = model.versions.map((each) => each.version);
  const version = wanted ?? servedVersions(shared, there)[0];
  const laidOut = model.versions.find((each) => each.version === version);
  if (!laidOut) throw new Error(`${name} has no version ${version}, but ${there.join(', ')}`);

  const files = await laidOut.read();
  const own = files.overrides;
  const path = ownsReference(own) || !model.card ? laidOut.paths.overrides : model.card.path;
  const cardPath = path ?? `${name}/model.json`;
  if (shared === undefined && own === undefined) {
    const needed = 'with name, task, outputs and the names of the features';
    throw new Error(
      `${name} has no card: write ${root}/${cardPath} ${needed} (docs/model-card.md)`,
    );
  }
  if (
    cardPath === laidOut.paths.overrides &&
    files.alsoListed.some(({ path }) => path === 'model.json')
  ) {
    throw new Error(
      `${root}/${cardPath} is in SHA256SUMS: take it out of there, since it is about to change`,
    );
  }
  const card = withoutReference(shared);
  const overrides = withoutReference(own);
  const { features } = parseModelCard({ ...Object(card), ...Object(overrides) });
  if (!features) {
    const needed = 'add "features", the names of the values of a row in the model\'s order';
    throw new Error(
      `the card of ${name} names no features: ${needed} (docs/model-card.md), to ${root}/${cardPath}`,
    );
  }
  return {
    name,
    version: laidOut.version,
    features: features.map((feature) => feature.name),
    card,
    files: { ...files, overrides },
    cardPath,
  };
}

function ownsReference(json: unknown): boolean {
  return typeof json === 'object' && json !== null && 'reference' in json;
}

function withoutReference(json: unknown): unknown {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) return json;
  return { ...json, reference: undefined };
}
