import { readFileSync } from 'node:fs';
import type { ModelStore } from '../../src/inference/repository.ts';

/** The bytes of a shipped model's graph. */
export function shippedGraph(name: string): Uint8Array {
  return new Uint8Array(readFileSync(`model/${name}/1/model.onnx`));
}

/** A shipped model's card as JSON, with changes. */
export function shippedCard(name: string, changes: Record<string, unknown> = {}): unknown {
  return { ...JSON.parse(readFileSync(`model/${name}/model.json`, 'utf8')), ...changes };
}

export interface MemoryModel {
  readonly card?: unknown;
  /** Version -> graph. */
  readonly versions: Readonly<Record<string, Uint8Array>>;
}

/** Models held in memory. */
export function memoryStore(models: Readonly<Record<string, MemoryModel>>): ModelStore {
  return {
    list: async () =>
      Object.entries(models).map(([name, { card, versions }]) => ({
        name,
        card: async () => card,
        versions: Object.entries(versions).map(([version, graph]) => ({
          version,
          graph: async () => graph,
        })),
      })),
  };
}
