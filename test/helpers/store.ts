import { readFileSync } from 'node:fs';
import type { ModelStore } from '../../src/inference/store.ts';
import { ModelError } from '../../src/inference/types.ts';
import { arrange, type FileReader, type StoredFile } from '../../src/stores/layout.ts';

/** The bytes of a shipped model's graph. */
export function shippedGraph(name: string): Uint8Array {
  return new Uint8Array(readFileSync(`model/${name}/1/model.onnx`));
}

/** A shipped model's card as JSON, with changes. */
export function shippedCard(name: string, changes: Record<string, unknown> = {}): unknown {
  return { ...JSON.parse(readFileSync(`model/${name}/model.json`, 'utf8')), ...changes };
}

/**
 * A graph that looks values up in a table of ten, by the input `place`: the tables of versions differ, so an answer
 * tells which one gave it.
 *
 * @param step the value at place p is p times that
 */
export function lookupGraph(step: number): Uint8Array {
  const graph = Buffer.from(readFileSync('test/models/lookup.onnx'));
  const table = (by: number) =>
    Buffer.from(Float32Array.from({ length: 10 }, (_, i) => i * by).buffer);
  table(step).copy(graph, graph.indexOf(table(10)));
  return new Uint8Array(graph);
}

export interface MemoryModel {
  readonly card?: unknown;
  /** Version -> graph. */
  readonly versions: Readonly<Record<string, Uint8Array>>;
}

/** A repository held in memory, whose files a test changes at will. */
export class MemoryStore implements ModelStore, FileReader {
  /** Thrown by whatever is asked of the store, while it is set. */
  failure: Error | undefined;
  private readonly files = new Map<
    string,
    { readonly content: unknown; readonly file: StoredFile }
  >();
  private writes = 0;

  /** @param content bytes, text, or the JSON of a card */
  write(path: string, content: unknown, changing = false): this {
    this.writes++;
    const bytes = content instanceof Uint8Array ? content.byteLength : 0;
    this.files.set(path, { content, file: { path, tag: `${this.writes}`, bytes, changing } });
    return this;
  }

  remove(prefix: string): void {
    for (const path of this.files.keys()) if (path.startsWith(prefix)) this.files.delete(path);
  }

  async list() {
    if (this.failure) throw this.failure;
    return arrange(
      [...this.files.values()].map(({ file }) => file),
      this,
    );
  }

  async bytes({ path }: StoredFile): Promise<Uint8Array<ArrayBuffer>> {
    const content = await this.json({ path });
    return typeof content === 'string'
      ? new TextEncoder().encode(content)
      : new Uint8Array(content as Uint8Array);
  }

  async json({ path }: Pick<StoredFile, 'path'>): Promise<unknown> {
    if (this.failure) throw new ModelError('unreadable', this.failure.message);
    return this.files.get(path)?.content;
  }
}

/** Models held in memory. */
export function memoryStore(models: Readonly<Record<string, MemoryModel>>): MemoryStore {
  const store = new MemoryStore();
  for (const [name, { card, versions }] of Object.entries(models)) {
    if (card !== undefined) store.write(`${name}/model.json`, card);
    for (const [version, graph] of Object.entries(versions)) {
      store.write(`${name}/${version}/model.onnx`, graph);
    }
  }
  return store;
}
