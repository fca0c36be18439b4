import { includesText } from '../inference/byte-search.ts';
import { readChecksums } from '../inference/integrity.ts';
import type {
  ExternalData,
  ModelFiles,
  StoredCard,
  StoredModel,
  StoredVersion,
} from '../inference/store.ts';
import { ModelError } from '../inference/types.ts';

/**
 * How a repository is laid out, on a disk as in a bucket:
 *
 *     <name>/<version>/model.onnx   and beside it external data, SHA256SUMS, and model.json with overrides
 *     <name>/model.json             the card
 *     <name>/model.onnx             version 1, where there is no folder of that version
 *     <name>.onnx                   version 1 of a model without a folder; its external data is `<name>.` something
 *
 * Whatever else lies there is passed over.
 */

/** A file of a repository, as a store lists it. */
export interface StoredFile {
  /** Its place below the root, with slashes. */
  readonly path: string;
  /** Changes whenever the file does. */
  readonly tag: string;
  readonly bytes: number;
  /** Whether it is still being written. */
  readonly changing?: boolean;
  /** Why nothing can be seen of what has this place. */
  readonly problem?: string;
}

/** A model, with the places of its files. */
export interface LaidOutModel extends StoredModel {
  readonly card: (StoredCard & { readonly path: string }) | undefined;
  readonly versions: readonly LaidOutVersion[];
}

export interface LaidOutVersion extends StoredVersion {
  /** Places below the root; undefined for what is not there. */
  readonly paths: {
    readonly graph: string | undefined;
    readonly overrides: string | undefined;
    readonly checksums: string | undefined;
  };
}

/** How a store reads what it lists. */
export interface FileReader {
  /** @throws ModelError unreadable, also when the file is not the one that was listed any more */
  bytes(file: StoredFile): Promise<Uint8Array<ArrayBuffer>>;
  /** @throws ModelError unreadable, also when it is not JSON */
  json(file: StoredFile): Promise<unknown>;
}

export const MODEL_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;
export const VERSION = /^[1-9]\d*$/;
const CARD = 'model.json';
const GRAPH = 'model.onnx';
const CHECKSUMS = 'SHA256SUMS';

/** The models that the files of a repository make up. */
export function arrange(files: readonly StoredFile[], reader: FileReader): LaidOutModel[] {
  const folders = new Map<string, Folder>();
  const root: Folder = new Map();
  for (const file of files) {
    const [first = '', ...rest] = file.path.split('/');
    if (rest.length === 0 && file.problem === undefined) {
      root.set(first, file);
    } else if (MODEL_NAME.test(first)) {
      const folder: Folder = folders.get(first) ?? new Map();
      folders.set(first, folder.set(rest.join('/'), file));
    }
  }
  const models = [...folders].flatMap(([name, folder]) => inFolder(name, folder, reader) ?? []);
  const taken = new Set(models.map(({ name }) => name));
  for (const [fileName, graph] of root) {
    const name = fileName.replace(/\.onnx$/, '');
    if (name === fileName || !MODEL_NAME.test(name) || taken.has(name)) continue;
    const beside = without(root, (path) => path === fileName || !path.startsWith(`${name}.`));
    models.push({
      name,
      card: undefined,
      versions: [
        storedVersion('1', { graph, beside, card: undefined, overrides: undefined }, reader),
      ],
    });
  }
  return models.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** The files of a folder, by their path below it. */
type Folder = Map<string, StoredFile>;

/** @returns undefined for a folder that has nothing to do with models */
function inFolder(name: string, folder: Folder, reader: FileReader): LaidOutModel | undefined {
  const unseen = [...folder.values()].find(({ problem }) => problem !== undefined);
  if (unseen) return { name, problem: unseen.problem, card: undefined, versions: [] };
  const byVersion = new Map<string, Folder>();
  const loose: Folder = new Map();
  for (const [path, file] of folder) {
    const [first = '', ...rest] = path.split('/');
    if (rest.length > 0 && VERSION.test(first)) {
      const files = byVersion.get(first) ?? new Map();
      byVersion.set(first, files.set(rest.join('/'), file));
    } else if (rest.length === 0) {
      loose.set(path, file);
    }
  }
  const card = loose.get(CARD);
  const versions = [...byVersion].map(([version, files]) => {
    const beside = without(files, (path) => path === GRAPH || path === CARD);
    const parts = { graph: files.get(GRAPH), beside, card, overrides: files.get(CARD) };
    return storedVersion(version, parts, reader);
  });
  if (!byVersion.has('1')) {
    const graph = loose.get(GRAPH);
    const misplaced = [...loose.keys()].some((path) => path.endsWith('.onnx'));
    if (graph || (versions.length === 0 && misplaced)) {
      const beside = without(loose, (path) => path.endsWith('.onnx') || path === CARD);
      versions.push(storedVersion('1', { graph, beside, card, overrides: undefined }, reader));
    }
  }
  if (versions.length === 0) return undefined;
  return { name, card: storedCard(card, reader), versions };
}

interface VersionParts {
  readonly graph: StoredFile | undefined;
  /** What may be external data, by its path from the graph's folder. */
  readonly beside: Folder;
  /** The model's, which is not of the version alone. */
  readonly card: StoredFile | undefined;
  readonly overrides: StoredFile | undefined;
}

function storedVersion(version: string, parts: VersionParts, reader: FileReader): LaidOutVersion {
  const { graph, beside, card, overrides } = parts;
  const files = [graph, overrides, ...beside.values()].filter((file) => file !== undefined);
  return {
    version,
    paths: {
      graph: graph?.path,
      overrides: overrides?.path,
      checksums: beside.get(CHECKSUMS)?.path,
    },
    tag: files
      .map(({ path, tag }) => `${path} ${tag}`)
      .sort()
      .join('\n'),
    graphBytes: graph?.bytes ?? 0,
    // Hashes without their graph: it is about to come.
    changing: (!graph && beside.has(CHECKSUMS)) || [card, ...files].some((file) => file?.changing),
    read: () => readVersion(parts, reader),
  };
}

async function readVersion(parts: VersionParts, reader: FileReader): Promise<ModelFiles> {
  const { graph: graphFile, beside, overrides } = parts;
  if (!graphFile) {
    const message = 'there is no model.onnx in its folder; the graph has to have that name';
    throw new ModelError('unreadable', message);
  }
  const graph = await reader.bytes(graphFile);
  const externalData: ExternalData<ArrayBuffer>[] = [];
  for (const [path, file] of without(beside, (path) => path === CHECKSUMS)) {
    // A graph holds the names of its external data as they are, so what it does not hold it does not need.
    if (includesText(graph, path)) externalData.push({ path, data: await reader.bytes(file) });
  }
  const sums = beside.get(CHECKSUMS);
  const checksums = sums && new TextDecoder().decode(await reader.bytes(sums));
  const seen = new Set([GRAPH, ...externalData.map(({ path }) => path)]);
  const alsoListed: ModelFiles['alsoListed'][number][] = [];
  for (const path of checksums === undefined ? [] : readChecksums(checksums).keys()) {
    if (seen.has(path)) continue;
    const file = path === CARD ? overrides : beside.get(path);
    alsoListed.push({ path, data: file && (await reader.bytes(file)) });
  }
  return {
    graph,
    externalData,
    overrides: overrides && (await reader.json(overrides)),
    checksums,
    alsoListed,
  };
}

function storedCard(file: StoredFile | undefined, reader: FileReader): LaidOutModel['card'] {
  if (!file) return undefined;
  const { path, tag, changing = false } = file;
  return { path, tag, changing, read: () => reader.json(file) };
}

/**
 * The files that a model is made of, in the order in which they go to where it is served from: first the hashes, which
 * nothing old fits any more, and of each version the graph last, without which it is not there. So what is half there
 * is never taken for whole, nor an old graph served with the card of a new one.
 *
 * @throws ModelError unreadable
 */
export async function listFiles(model: LaidOutModel): Promise<readonly string[]> {
  const hashes = model.versions.map(({ paths }) => paths.checksums);
  const files: (string | undefined)[] = [...hashes, model.card?.path];
  for (const { paths, read } of model.versions) {
    const { externalData } = await read();
    const folder = paths.graph?.slice(0, paths.graph.lastIndexOf('/') + 1) ?? '';
    const data = externalData.map(({ path }) => `${folder}${path}`);
    files.push(paths.overrides, ...data, paths.graph);
  }
  return files.filter((path) => path !== undefined);
}

function without(folder: Folder, isLeftOut: (path: string) => boolean): Folder {
  return new Map([...folder].filter(([path]) => !isLeftOut(path)));
}
