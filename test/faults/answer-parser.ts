import { gunzipSync } from 'node:zlib';

/** An HTTP answer, whole. */
export interface Answer {
  readonly status: number;
  /** By names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** Decompressed. */
  readonly body: Buffer;
}

type Framing = { readonly length: number } | 'chunked';

/**
 * Reads the answers of one connection out of the pieces in which they come. It takes only what Kilat sends, and throws for
 * the rest: so that an answer that breaks HTTP's framing is found and not forgiven.
 */
export class AnswerParser {
  private chunks: Buffer[] = [];
  private size = 0;
  private head: Omit<Answer, 'body'> | undefined;
  private framing: Framing = { length: 0 };

  /** Whether something has come of an answer that is not whole. */
  get isMidway(): boolean {
    return this.size > 0 || this.head !== undefined;
  }

  /**
   * @returns the answers that are whole with this piece
   * @throws Error for what is no answer
   */
  push(chunk: Buffer): Answer[] {
    this.chunks.push(chunk);
    this.size += chunk.byteLength;
    const answers: Answer[] = [];
    for (let answer = this.next(); answer; answer = this.next()) answers.push(answer);
    return answers;
  }

  private next(): Answer | undefined {
    if (!this.head && !this.readHead()) return undefined;
    const { framing, head } = this;
    if (!head) return undefined;
    if (framing !== 'chunked') {
      // Pieces are joined once, when the last of them is there.
      if (this.size < framing.length) return undefined;
      const all = this.take();
      return this.end(head, all.subarray(0, framing.length), all.subarray(framing.length));
    }
    const all = this.take();
    const parts: Buffer[] = [];
    for (let at = 0; ; ) {
      const lineEnd = all.indexOf('\r\n', at);
      if (lineEnd < 0) break;
      const size = Number.parseInt(all.toString('latin1', at, lineEnd), 16);
      if (Number.isNaN(size)) throw new Error('a chunk without a size');
      const end = lineEnd + 2 + size;
      if (all.byteLength < end + 2) break;
      if (all.toString('latin1', end, end + 2) !== '\r\n')
        throw new Error('a chunk without an end');
      if (size === 0) return this.end(head, Buffer.concat(parts), all.subarray(end + 2));
      parts.push(all.subarray(lineEnd + 2, end));
      at = end + 2;
    }
    this.keep(all);
    return undefined;
  }

  private readHead(): boolean {
    if (this.size === 0) return false;
    const all = this.take();
    const end = all.indexOf('\r\n\r\n');
    if (end < 0) {
      this.keep(all);
      return false;
    }
    this.keep(all.subarray(end + 4));
    const [first = '', ...lines] = all.toString('latin1', 0, end).split('\r\n');
    const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(first)?.[1]);
    if (Number.isNaN(status))
      throw new Error(`no answer begins with ${JSON.stringify(first.slice(0, 80))}`);
    // 100 Continue is followed by the answer itself.
    if (status < 200) return this.readHead();
    const headers = Object.fromEntries(
      lines.map((line) => {
        const colon = line.indexOf(':');
        return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
      }),
    );
    this.head = { status, headers };
    const length = headers['content-length'];
    if (headers['transfer-encoding'] === 'chunked') this.framing = 'chunked';
    else if (length !== undefined) this.framing = { length: Number(length) };
    else throw new Error(`an answer of ${status} without a length`);
    return true;
  }

  private end(head: Omit<Answer, 'body'>, body: Buffer, rest: Buffer): Answer {
    this.head = undefined;
    this.keep(rest);
    const isZipped = head.headers['content-encoding'] === 'gzip';
    return { ...head, body: isZipped ? gunzipSync(body) : body };
  }

  private take(): Buffer {
    const [first] = this.chunks;
    const all = first && this.chunks.length === 1 ? first : Buffer.concat(this.chunks);
    this.keep(Buffer.alloc(0));
    return all;
  }

  private keep(rest: Buffer): void {
    this.chunks = rest.byteLength > 0 ? [rest] : [];
    this.size = rest.byteLength;
  }
}
