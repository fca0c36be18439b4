import { connect } from 'node:net';
import type { Answered } from './hostile-verdict.ts';

/** What came back on a connection of its own. */
export interface Exchange {
  readonly answers: readonly Answered[];
  /** What is left behind the last answer, which has to be nothing. */
  readonly rest: string;
  /** Whether the server ended the connection, be it after the client had ended its side. */
  readonly closed: boolean;
}

/** How long a server may take to end a connection whose client has ended its side. */
const LONGEST_END_MS = 3000;

/**
 * Sends bytes as they are, and reads until the server ends the connection. Once nothing comes any more, the client
 * ends its side.
 *
 * @param patienceMs after so long without a byte, nothing comes any more
 */
export function exchange(
  { hostname, port }: URL,
  bytes: Uint8Array,
  patienceMs: number,
): Promise<Exchange> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    const socket = connect(Number(port), hostname);
    const finish = (closed: boolean) => {
      clearTimeout(quiet);
      clearTimeout(longest);
      socket.destroy();
      resolve({ ...readAnswers(Buffer.concat(chunks), isHead(bytes)), closed });
    };
    const quiet = setTimeout(() => socket.end(), patienceMs);
    const longest = setTimeout(() => finish(false), patienceMs + LONGEST_END_MS);
    socket.on('data', (chunk) => {
      chunks.push(chunk);
      quiet.refresh();
    });
    // A connection that is reset is ended as well; what had come before counts.
    socket.on('error', () => {});
    socket.on('end', () => finish(true));
    socket.on('close', () => finish(true));
    socket.write(bytes);
  });
}

function isHead(bytes: Uint8Array): boolean {
  return Buffer.from(bytes.subarray(0, 5)).toString('latin1') === 'HEAD ';
}

/** Reads one answer behind the other, as HTTP/1.1 has them. */
function readAnswers(bytes: Buffer, headOnly: boolean): Omit<Exchange, 'closed'> {
  const answers: Answered[] = [];
  let left = bytes;
  while (left.length > 0) {
    const end = left.indexOf('\r\n\r\n');
    const [line = '', ...fields] = left
      .subarray(0, Math.max(0, end))
      .toString('latin1')
      .split('\r\n');
    const [, digits] = /^HTTP\/1\.[01] (\d{3})(?: |$)/.exec(line) ?? [];
    if (digits === undefined) break;
    const status = Number(digits);
    const headers = new Headers(
      fields.map((field): [string, string] => {
        const colon = field.indexOf(':');
        return [field.slice(0, colon), field.slice(colon + 1).trim()];
      }),
    );
    const hasBody = !headOnly && status >= 200 && status !== 204 && status !== 304;
    const read = hasBody
      ? readBody(left.subarray(end + 4), headers)
      : { body: Buffer.alloc(0), left: left.subarray(end + 4) };
    if (!read) break;
    left = read.left;
    if (status >= 200) answers.push({ status, headers, body: new Uint8Array(read.body) });
  }
  return { answers, rest: left.toString('latin1').slice(0, 200) };
}

/** @returns undefined where the body is not complete */
function readBody(bytes: Buffer, headers: Headers): { body: Buffer; left: Buffer } | undefined {
  if (headers.get('Transfer-Encoding') === 'chunked') return readChunks(bytes);
  const length = Number(headers.get('Content-Length') ?? bytes.length);
  if (length > bytes.length) return undefined;
  return { body: bytes.subarray(0, length), left: bytes.subarray(length) };
}

function readChunks(bytes: Buffer): { body: Buffer; left: Buffer } | undefined {
  const chunks: Buffer[] = [];
  let left = bytes;
  for (;;) {
    const end = left.indexOf('\r\n');
    const size = Number.parseInt(left.subarray(0, Math.max(0, end)).toString('latin1'), 16);
    const next = end + 2 + size + 2;
    if (!(next <= left.length)) return undefined;
    chunks.push(left.subarray(end + 2, end + 2 + size));
    left = left.subarray(next);
    if (size === 0) return { body: Buffer.concat(chunks), left };
  }
}
