import type { Context } from 'hono';
import { type ParseError, parseTree } from 'jsonc-parser';
import { AppError } from '../errors.ts';

const MEDIA_TYPE_JSON = /^application\/(?:[\w.-]+\+)?json$/i;

/**
 * Reads a JSON body: its media type, size, encoding and syntax are checked before any of it is believed.
 * A body without a Content-Type is taken for JSON.
 *
 * @param maxBytes the largest body taken, counted as it arrives when its length is not declared
 * @throws AppError unsupported_media_type, body_too_large or bad_json
 */
export async function readJson(c: Context, maxBytes: number): Promise<unknown> {
  const type = c.req.header('Content-Type')?.split(';', 1)[0]?.trim();
  if (type && !MEDIA_TYPE_JSON.test(type)) {
    throw new AppError(
      'unsupported_media_type',
      `expected Content-Type application/json, got ${type.slice(0, 80)}`,
    );
  }
  const encoding = c.req.header('Content-Encoding');
  if (encoding && encoding.toLowerCase() !== 'identity') {
    throw new AppError(
      'unsupported_media_type',
      `expected a body without Content-Encoding, got ${encoding.slice(0, 80)}`,
    );
  }
  const text = decode(await readBytes(c, maxBytes));
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new AppError('bad_json', describeSyntaxError(text), { cause: error });
  }
}

/** Holds no state between calls, which are never streams. */
const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false });

/** @throws AppError bad_json for bytes that are not UTF-8, which JSON has to be (RFC 8259, 8.1) */
function decode(bytes: Uint8Array): string {
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

async function readBytes(c: Context, maxBytes: number): Promise<Uint8Array> {
  const declared = c.req.header('Content-Length');
  if (declared !== undefined && Number(declared) > maxBytes) throw tooLarge(maxBytes);
  try {
    return declared === undefined
      ? await readStream(c.req.raw.body, maxBytes)
      : new Uint8Array(await c.req.arrayBuffer());
  } catch (error) {
    if (error instanceof AppError) throw error;
    throw new AppError('bad_request', 'the body ended before its time', { cause: error });
  }
}

/** Reads a body of undeclared length, no further than the limit. */
async function readStream(
  body: ReadableStream<Uint8Array> | null,
  maxBytes: number,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  const reader = body?.getReader();
  for (let read = await reader?.read(); read?.value; read = await reader?.read()) {
    size += read.value.byteLength;
    if (size > maxBytes) {
      await reader?.cancel();
      throw tooLarge(maxBytes);
    }
    chunks.push(read.value);
  }
  const bytes = new Uint8Array(size);
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.byteLength;
  }
  return bytes;
}

function tooLarge(maxBytes: number): AppError {
  return new AppError('body_too_large', `expected a body of at most ${maxBytes} bytes`);
}
