import type { Context } from 'hono';
import { type ParseError, parseTree } from 'jsonc-parser';
import { AppError } from '../errors.ts';
import { type After, arrivedTooSlowly } from './deadline.ts';
import { isDeeperThan } from './json-depth.ts';

const MEDIA_TYPE_JSON = /^application\/(?:[\w.-]+\+)?json$/i;

/** How far a body is read. */
export interface BodyLimits {
  readonly maxBytes: number;
  /** How long it may take to arrive. */
  readonly timeoutMs: number;
  /** Told of all that is held of it, piece by piece; throws when that is too much. */
  readonly hold: (bytes: number) => void;
}

/**
 * Reads a whole body, no further than its limits.
 *
 * @throws AppError body_too_large, bad_request when it breaks off, request_timeout when it takes too long, and
 *   whatever `hold` throws
 */
export type BodyReader = (c: Context, limits: BodyLimits) => Promise<Uint8Array>;

/** How bodies are read. */
export interface BodyOptions {
  readonly readBody: BodyReader;
  /** The largest body taken, before and after its decompression. */
  readonly maxBodyBytes: number;
  /** How long it may take to arrive. */
  readonly bodyTimeoutMs: number;
  /** How deep JSON may be nested. */
  readonly maxJsonDepth: number;
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

/**
 * @param maxDepth arrays and objects in each other, at most
 * @throws AppError bad_json or too_deep
 */
export function parseJson(bytes: Uint8Array, maxDepth: number): unknown {
  if (isDeeperThan(bytes, maxDepth)) {
    throw new AppError('too_deep', `expected JSON nested at most ${maxDepth} deep`);
  }
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
 * @param hold told of all bytes that are held of it; throws when they are too many
 * @throws AppError unsupported_media_type, and as a BodyReader does
 */
export async function readBytes(
  c: Context,
  { readBody, maxBodyBytes: maxBytes, bodyTimeoutMs: timeoutMs }: BodyOptions,
  hold: (bytes: number) => void = () => {},
): Promise<Uint8Array> {
  const encoding = c.req.header('Content-Encoding')?.toLowerCase() ?? 'identity';
  if (encoding !== 'identity' && encoding !== 'gzip' && encoding !== 'deflate') {
    throw new AppError(
      'unsupported_media_type',
      `expected Content-Encoding gzip, deflate or none, got ${encoding.slice(0, 80)}`,
    );
  }
  const declared = c.req.header('Content-Length');
  if (declared !== undefined && Number(declared) > maxBytes) throw bodyTooLarge(maxBytes);
  const limits = { maxBytes, timeoutMs, hold };
  const bytes = await readBody(c, limits);
  return encoding === 'identity' ? bytes : decompress(bytes, encoding, limits);
}

/** Decompresses no further than the limit: a small body may hold very much. */
async function decompress(
  bytes: Uint8Array,
  encoding: 'gzip' | 'deflate',
  limits: BodyLimits,
): Promise<Uint8Array> {
  const stream = new Blob([new Uint8Array(bytes)])
    .stream()
    .pipeThrough(new DecompressionStream(encoding));
  return readAll(stream.getReader(), limits, (cause) => {
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
  parseTree(text, errors, { disallowComments: true });
  const [first] = errors;
  if (!first) return 'the body is not JSON';
  const before = text.slice(0, first.offset).split('\n');
  const found = text.slice(first.offset, first.offset + Math.min(first.length, 40));
  const what = found.trim() === '' ? 'it ends too early' : `unexpected ${JSON.stringify(found)}`;
  return `the body is not JSON: ${what} at line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}`;
}

/** Reads bodies as every runtime gives them. */
export function createBodyReader(after: After): BodyReader {
  return async function readBody(c, limits) {
    const { body } = c.req.raw;
    if (!body) return new Uint8Array();
    const reader = body.getReader();
    let isLate = false;
    const callOff = after(limits.timeoutMs, () => {
      isLate = true;
      // What is being waited for then ends.
      void reader.cancel().catch(() => {});
    });
    try {
      const bytes = await readAll(reader, limits, bodyBrokenOff);
      if (isLate) throw arrivedTooSlowly();
      return bytes;
    } finally {
      callOff();
    }
  };
}

async function readAll(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  { maxBytes, hold }: Pick<BodyLimits, 'maxBytes' | 'hold'>,
  describeFault: (cause: unknown) => AppError,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  const next = () =>
    reader.read().catch((error: unknown) => {
      throw describeFault(error);
    });
  try {
    for (let read = await next(); read.value; read = await next()) {
      size += read.value.byteLength;
      if (size > maxBytes) throw bodyTooLarge(maxBytes);
      hold(read.value.byteLength);
      chunks.push(read.value);
    }
    return joinChunks(chunks, size);
  } catch (error) {
    await reader.cancel().catch(() => {});
    throw error;
  }
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
