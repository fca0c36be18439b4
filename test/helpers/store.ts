import { copyFileSync, mkdirSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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
  private readonly obscured = new Map<string, string>();
  private hidden: string | undefined;
  private writes = 0;

  /** @param content bytes, text, or the JSON of a card */
  write(path: string, content: unknown, changing = false): this {
    this.writes++;
    const bytes = content instanceof Uint8Array ? content.byteLength : 0;
    this.files.set(path, { content, file: { path, tag: `${this.writes}`, bytes, changing } });
    return this;
  }

  /** Makes what lies at a place impossible to look at, with an error's code; possible again without one. */
  obscure(place: string, problem: string | undefined): void {
    if (problem === undefined) this.obscured.delete(place);
    else this.obscured.set(place, problem);
  }

  /** Leaves files out of listings until they are shown again, as they were. */
  hide(prefix: string): void {
    this.hidden = prefix;
  }

  show(): void {
    this.hidden = undefined;
  }

  remove(prefix: string): void {
    for (const path of this.files.keys()) if (path.startsWith(prefix)) this.files.delete(path);
  }

  async list() {
    if (this.failure) throw this.failure;
    const files = [...this.files.values()].map(({ file }) => file);
    const shown = files.filter(({ path }) => !this.hidden || !path.startsWith(this.hidden));
    const obscured = [...this.obscured].map(([path, problem]) => {
      return { path, tag: problem, bytes: 0, problem };
    });
    return arrange([...shown, ...obscured], this);
  }

  async bytes({ path, tag }: StoredFile): Promise<Uint8Array<ArrayBuffer>> {
    const content = await this.json({ path });
    if (this.files.get(path)?.file.tag !== tag) {
      throw new ModelError('unreadable', `${path} changed while it was read`);
    }
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

/** A repository on disk of models of test/models, one version of each. */
export function repositoryOnDisk(...names: string[]): string {
  const root = mkdtempSync(join(tmpdir(), 'kilat-models-'));
  for (const name of names) {
    mkdirSync(join(root, name, '1'), { recursive: true });
    copyFileSync(`test/models/${name}.onnx`, join(root, name, '1/model.onnx'));
  }
  return root;
}
