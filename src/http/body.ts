import type { Context } from 'hono';
import { type ParseError, parseTree } from 'jsonc-parser';
import { AppError } from '../errors.ts';

const MEDIA_TYPE_JSON = /^application\/(?:[\w.-]+\+)?json$/i;

/**
 * Reads a whole body, no further than a limit.
 *
 * @throws AppError body_too_large, or bad_request when it breaks off
 */
export type BodyReader = (c: Context, maxBytes: number) => Promise<Uint8Array>;

/** How bodies are read. */
export interface BodyOptions {
  readonly readBody: BodyReader;
  /** The largest body taken, before and after its decompression. */
  readonly maxBodyBytes: number;
}

/**
 * A body without a Content-Type is taken for JSON.
 *
 * @throws AppError unsupported_media_type for a body that says it is something else
 */
export function requireJson(c: Context): void {
  const type = mediaType(c);
  if (type && !MEDIA_TYPE_JSON.test(type)) {
    throw new AppError(
      'unsupported_media_type',
      `expected Content-Type application/json, got ${type.slice(0, 80)}`,
    );
  }
}

/** What the request says that its body is, without parameters. */
export function mediaType(c: Context): string | undefined {
  return c.req.header('Content-Type')?.split(';', 1)[0]?.trim();
}

/** @throws AppError bad_json */
export function parseJson(bytes: Uint8Array): unknown {
  const text = decodeText(bytes);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new AppError('bad_json', describeSyntaxError(text), { cause: error });
  }
}

/**
 * Reads a body, and decompresses it.
 *
 * @throws AppError unsupported_media_type, body_too_large or bad_request
 */
export async function readBytes(
  c: Context,
  { readBody, maxBodyBytes }: BodyOptions,
): Promise<Uint8Array> {
  const encoding = c.req.header('Content-Encoding')?.toLowerCase() ?? 'identity';
  if (encoding !== 'identity' && encoding !== 'gzip' && encoding !== 'deflate') {
    throw new AppError(
      'unsupported_media_type',
      `expected Content-Encoding gzip, deflate or none, got ${encoding.slice(0, 80)}`,
    );
  }
  const declared = c.req.header('Content-Length');
  if (declared !== undefined && Number(declared) > maxBodyBytes) throw bodyTooLarge(maxBodyBytes);
  const bytes = await readBody(c, maxBodyBytes);
  return encoding === 'identity' ? bytes : decompress(bytes, encoding, maxBodyBytes);
}

/** Decompresses no further than the limit: a small body may hold very much. */
async function decompress(
  bytes: Uint8Array,
  encoding: 'gzip' | 'deflate',
  maxBytes: number,
): Promise<Uint8Array> {
  const stream = new Blob([new Uint8Array(bytes)])
    .stream()
    .pipeThrough(new DecompressionStream(encoding));
  return readStream(stream, maxBytes, (cause) => {
    return new AppError('bad_request', `the body is not ${encoding}`, { cause });
  });
}

/** Holds no state between calls, which are never streams. */
const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false });

/** @throws AppError bad_json for bytes that are not UTF-8, which JSON has to be (RFC 8259, 8.1) */
export function decodeText(bytes: Uint8Array): string {
  try {
    return strictUtf8.decode(bytes);
  } catch (error) {
    throw new AppError('bad_json', 'the body is not UTF-8 text', { cause: error });
  }
}

/** Above this many characters a faulty body is not read a second time to say where the fault is. */
const MAX_DESCRIBED = 64 * 1024;

/** Says where the JSON breaks off; the engine's own parser often does not. */
function describeSyntaxError(text: string): string {
  if (text.trim() === '') return 'expected a JSON body, got an empty one';
  if (text.length > MAX_DESCRIBED) return 'the body is not JSON';
  const errors: ParseError[] = [];
  try {
    parseTree(text, errors, { disallowComments: true });
  } catch {
    // Nested too deep to be walked again: the answer goes without a place.
  }
  const [first] = errors;
  if (!first) return 'the body is not JSON';
  const before = text.slice(0, first.offset).split('\n');
  const found = text.slice(first.offset, first.offset + Math.min(first.length, 40));
  const what = found.trim() === '' ? 'it ends too early' : `unexpected ${JSON.stringify(found)}`;
  return `the body is not JSON: ${what} at line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}`;
}

/** Reads a body as every runtime gives it. */
export const readRequestBody: BodyReader = async (c, maxBytes) => {
  const { body } = c.req.raw;
  return body ? readStream(body, maxBytes, bodyBrokenOff) : new Uint8Array();
};

async function readStream(
  stream: ReadableStream<Uint8Array>,
  maxBytes: number,
  describeFault: (cause: unknown) => AppError,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  const reader = stream.getReader();
  try {
    for (let read = await reader.read(); read.value; read = await reader.read()) {
      size += read.value.byteLength;
      chunks.push(read.value);
      if (size > maxBytes) break;
    }
  } catch (error) {
    throw describeFault(error);
  }
  if (size <= maxBytes) return joinChunks(chunks, size);
  await reader.cancel();
  throw bodyTooLarge(maxBytes);
}

/** One array of what came in pieces; a single piece as it is. */
export function joinChunks(chunks: readonly Uint8Array[], size: number): Uint8Array {
  const [first] = chunks;
  return first && chunks.length === 1 ? first : concatenate(chunks, size);
}

export function concatenate(chunks: readonly Uint8Array[], size: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(size);
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.byteLength;
  }
  return bytes;
}

export function bodyTooLarge(maxBytes: number): AppError {
  return new AppError('body_too_large', `expected a body of at most ${maxBytes} bytes`);
}

export function bodyBrokenOff(cause?: unknown): AppError {
  return new AppError('bad_request', 'the body ended before its time', { cause });
}
