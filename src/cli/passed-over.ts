import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { LaidOutModel } from '../stores/layout.ts';

/** A graph that lies where no model is looked for, which whoever put it there has to hear. */
const LOOKS_LIKE_A_GRAPH = /\.onnx$/i;
/** What is nobody's model. */
const NO_MODELS = /(?:^|\/)(?:\.[^/]*|node_modules)(?:\/|$)/;

/**
 * Files, folders and links whose names say that they are graphs, and that no model of the repository is made of.
 *
 * @returns their places below the root, in order
 */
export async function findPassedOver(
  root: string,
  models: readonly LaidOutModel[],
): Promise<readonly string[]> {
  const graphs = new Set(
    models.flatMap(({ versions }) => versions.map(({ paths }) => paths.graph)),
  );
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  return entries
    .filter(({ name }) => LOOKS_LIKE_A_GRAPH.test(name))
    .map(({ parentPath, name }) => join(parentPath, name).slice(join(root, '/').length))
    .filter((path) => !graphs.has(path) && !NO_MODELS.test(path))
    .sort();
}
