import { gzipSync } from 'node:zlib';

/** A request that a client may send with fetch, however hostile it is; the rest goes over bare sockets. */
export interface HostileRequest {
  readonly name: string;
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array<ArrayBuffer>;
}

const utf8 = new TextEncoder();

/** A body of text, or of bytes as they are. */
export function toBytes(body: string | Uint8Array): Uint8Array<ArrayBuffer> {
  return typeof body === 'string' ? utf8.encode(body) : new Uint8Array(body);
}

export function joinBytes(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.concat(parts));
}

export function get(name: string, path: string, headers: Record<string, string> = {}) {
  return { name, method: 'GET', path, headers } satisfies HostileRequest;
}

/** A POST of text or bytes, which are JSON unless the headers say otherwise. */
export function send(
  name: string,
  path: string,
  body: string | Uint8Array,
  headers: Record<string, string> = {},
): HostileRequest {
  return {
    name,
    method: 'POST',
    path,
    headers: { 'Content-Type': 'application/json', ...headers },
    body: toBytes(body),
  };
}

export function sendGzipped(name: string, path: string, body: string): HostileRequest {
  return send(name, path, gzipSync(body), { 'Content-Encoding': 'gzip' });
}

/** JSON and what stands behind it, with a header that says how long the JSON is, or claims it. */
export function sendBinary(
  name: string,
  path: string,
  json: unknown,
  parts: readonly Uint8Array[],
  claimed?: string,
): HostileRequest {
  const head = utf8.encode(typeof json === 'string' ? json : JSON.stringify(json));
  return send(name, path, joinBytes([head, ...parts]), {
    'Content-Type': 'application/octet-stream',
    'Inference-Header-Content-Length': claimed ?? String(head.byteLength),
  });
}

/** The same for fetch. */
export function toInit({ method, headers, body }: HostileRequest): RequestInit {
  return { method, headers, redirect: 'manual', ...(body && { body }) };
}

/** BYTES as the binary extension has them: each text behind its length, which may be a lie. */
export function lengthPrefixed(texts: readonly (string | Uint8Array)[], lie = 0): Uint8Array {
  return joinBytes(
    texts.flatMap((text) => {
      const bytes = toBytes(text);
      const length = new Uint8Array(4);
      new DataView(length.buffer).setUint32(0, bytes.byteLength + lie, true);
      return [length, bytes];
    }),
  );
}

export function floats(values: readonly number[]): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Float32Array.from(values).buffer);
}

export function doubles(values: readonly number[]): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Float64Array.from(values).buffer);
}
