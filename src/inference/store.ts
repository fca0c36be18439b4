/** What a repository is read from: a disk, a bundle, a bucket. */
export interface ModelStore {
  /**
   * Every model that is there, as it stands now.
   *
   * @throws EmptyRepositoryError when there is none at all
   */
  list(): Promise<readonly StoredModel[]>;
}

/** A model as a store holds it, before anything of it is read. */
export interface StoredModel {
  readonly name: string;
  /** Why what there is of it cannot be seen; nothing is known of its versions then. */
  readonly problem?: string | undefined;
  /** model.json, when there is one. */
  readonly card: StoredCard | undefined;
  readonly versions: readonly StoredVersion[];
}

export interface StoredCard {
  /** Changes whenever the file does. */
  readonly tag: string;
  /** Whether it is still being written. */
  readonly changing: boolean;
  /**
   * Its JSON, parsed.
   *
   * @throws ModelError unreadable
   */
  read(): Promise<unknown>;
}

export interface StoredVersion {
  /** A positive whole number. */
  readonly version: string;
  /** Changes whenever one of its own files does. */
  readonly tag: string;
  /** Bytes of the graph alone: what else is needed shows when it is read. */
  readonly graphBytes: number;
  /** Whether it is still being written, and better left alone. */
  readonly changing: boolean;
  /** @throws ModelError unreadable */
  read(): Promise<ModelFiles>;
}

/** The files of one version. */
export interface ModelFiles {
  readonly graph: Uint8Array<ArrayBuffer>;
  /** The files beside the graph that it names. */
  readonly externalData: readonly ExternalData<ArrayBuffer>[];
  /** The version's own model.json, parsed, when there is one. */
  readonly overrides: unknown;
  /** The text of SHA256SUMS, when there is one. */
  readonly checksums: string | undefined;
  /** What SHA256SUMS names beside the graph and its external data; without data where it is not there. */
  readonly alsoListed: readonly {
    readonly path: string;
    readonly data: Uint8Array<ArrayBuffer> | undefined;
  }[];
}

/** Weights that a graph keeps in a file of their own. */
export interface ExternalData<Memory extends ArrayBufferLike = ArrayBufferLike> {
  /** As the graph names it: relative to the graph's folder. */
  readonly path: string;
  readonly data: Uint8Array<Memory>;
}

/** There is nothing to serve: the message says what to do. */
export class EmptyRepositoryError extends Error {
  override readonly name = 'EmptyRepositoryError';
}

/** Orders versions as the numbers that they are, however long. */
export function compareVersions(a: string, b: string): number {
  return a.length - b.length || (a < b ? -1 : a > b ? 1 : 0);
}
