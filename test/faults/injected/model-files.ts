import {
  appendFileSync,
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GOLDEN_MODELS } from '../../helpers/golden.ts';
import { lookupGraph } from '../../helpers/store.ts';
import type { Tables } from '../tables.ts';

/** What is put in the place of a graph, in one piece or as a copy does it that somebody can watch. */
const GARBAGE = Buffer.from('<!doctype html><title>404 Not Found</title>');

/** The files of a repository with the shipped models, `slow`, and `lookup`, whose versions differ in their tables. */
export class ModelFiles {
  readonly root = mkdtempSync(join(tmpdir(), 'kilat-faults-'));
  readonly tables: Tables;

  constructor(tables: Tables) {
    this.tables = tables;
    for (const name of GOLDEN_MODELS) {
      cpSync(`model/${name}`, join(this.root, name), { recursive: true });
    }
    mkdirSync(join(this.root, 'slow/1'), { recursive: true });
    copyFileSync('test/models/slow.onnx', join(this.root, 'slow/1/model.onnx'));
    this.putTable('1');
  }

  /** The table of a version, where it has not got another: each version has its own. */
  static step(version: string): number {
    return 10 * Number(version);
  }

  /** Puts a table in the place of a version, whole: it is one file, and then another. */
  putTable(version: string, step = ModelFiles.step(version)): void {
    this.tables.add(version, step);
    this.put(this.graph(version), lookupGraph(step));
  }

  /** The same as a copy does it: half of it is there for a while. */
  async copyTable(version: string, pause: () => Promise<unknown>): Promise<void> {
    const step = ModelFiles.step(version);
    this.tables.add(version, step);
    const bytes = lookupGraph(step);
    const half = bytes.byteLength >> 1;
    mkdirSync(join(this.graph(version), '..'), { recursive: true });
    writeFileSync(this.graph(version), bytes.subarray(0, half));
    await pause();
    appendFileSync(this.graph(version), bytes.subarray(half));
  }

  putGarbage(version: string): void {
    this.put(this.graph(version), GARBAGE);
  }

  cutTable(version: string): void {
    truncateSync(this.graph(version), lookupGraph(1).byteLength >> 1);
  }

  removeTable(version: string): void {
    rmSync(join(this.root, 'lookup', version), { recursive: true });
  }

  putCard(text: string): void {
    writeFileSync(join(this.root, 'lookup/model.json'), text);
  }

  removeCard(): void {
    rmSync(join(this.root, 'lookup/model.json'));
  }

  /** Puts the graph that is there in its own place: another file, and the same in it. */
  touch(model: string): void {
    const graph = join(this.root, model, '1/model.onnx');
    const copy = join(this.root, model, '.copy');
    copyFileSync(graph, copy);
    renameSync(copy, graph);
  }

  /** As where a volume is unmounted. */
  takeAway(): void {
    renameSync(this.root, `${this.root}.away`);
  }

  bringBack(): void {
    renameSync(`${this.root}.away`, this.root);
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }

  private graph(version: string): string {
    return join(this.root, 'lookup', version, 'model.onnx');
  }

  private put(path: string, bytes: Uint8Array): void {
    mkdirSync(join(path, '..'), { recursive: true });
    const fresh = join(this.root, 'lookup', '.new');
    writeFileSync(fresh, bytes);
    renameSync(fresh, path);
  }
}
