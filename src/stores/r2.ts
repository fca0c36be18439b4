import { messageOf } from '../errors.ts';
import { EmptyRepositoryError, type ModelStore, type StoredModel } from '../inference/store.ts';
import { ModelError } from '../inference/types.ts';
import { arrange, type FileReader, type StoredFile } from './layout.ts';
import { parseCard } from './parse-card.ts';

/** The part of an R2 bucket that is used here. */
export interface Bucket {
  list(options: {
    cursor?: string;
  }): Promise<
    { readonly objects: readonly BucketObject[] } & (
      | { readonly truncated: false }
      | { readonly truncated: true; readonly cursor: string }
    )
  >;
  /** An object without a body is one that is not the one that was asked for. */
  get(
    key: string,
    options: { onlyIf: { etagMatches: string } },
  ): Promise<BucketObject | (BucketObject & { arrayBuffer(): Promise<ArrayBuffer> }) | null>;
}

interface BucketObject {
  readonly key: string;
  readonly etag: string;
  readonly size: number;
}

/** After so long without an answer a bucket counts as failing. */
const LONGEST_WAIT_MS = 10_000;

/**
 * Models in an R2 bucket, laid out as layout.ts says. Objects change as a whole, so none is ever seen half
 * written; one that changes between its listing and its reading is not taken for the one that was listed.
 */
export class R2Store implements ModelStore, FileReader {
  private readonly bucket: Bucket;
  private readonly wait: (ms: number) => Promise<unknown>;

  /** @param wait comes back after so many milliseconds */
  constructor(bucket: Bucket, wait: (ms: number) => Promise<unknown>) {
    this.bucket = bucket;
    this.wait = wait;
  }

  /** @throws EmptyRepositoryError when the bucket holds no model at all, and whatever keeps it from being read */
  async list(): Promise<readonly StoredModel[]> {
    const files: StoredFile[] = [];
    let cursor: string | undefined;
    do {
      const page = await this.inTime(this.bucket.list(cursor === undefined ? {} : { cursor }));
      for (const { key, etag, size } of page.objects) {
        files.push({ path: key, tag: etag, bytes: size });
      }
      cursor = page.truncated ? page.cursor : undefined;
    } while (cursor !== undefined);
    const models = arrange(files, this);
    if (models.length > 0) return models;
    throw new EmptyRepositoryError(
      'no models in the bucket: `npm run models:push` puts some there',
    );
  }

  async bytes({ path, tag }: StoredFile): Promise<Uint8Array<ArrayBuffer>> {
    const name = path.slice(path.lastIndexOf('/') + 1);
    try {
      const object = await this.inTime(this.bucket.get(path, { onlyIf: { etagMatches: tag } }));
      if (object && 'arrayBuffer' in object)
        return new Uint8Array(await this.inTime(object.arrayBuffer()));
    } catch (error) {
      const message = `cannot read ${name} from the bucket: ${messageOf(error)}`;
      throw new ModelError('unreadable', message, { cause: error });
    }
    throw new ModelError('unreadable', `${name} changed while it was read`);
  }

  async json(file: StoredFile): Promise<unknown> {
    return parseCard(await this.bytes(file));
  }

  private inTime<T>(answer: Promise<T>): Promise<T> {
    const late = async () => {
      await this.wait(LONGEST_WAIT_MS);
      throw new Error(`no answer within ${LONGEST_WAIT_MS / 1000} s`);
    };
    return Promise.race([answer, late()]);
  }
}
