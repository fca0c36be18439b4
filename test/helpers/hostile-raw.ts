import { words } from './hostile-values.ts';

/** What a client sends on a connection of its own, byte by byte, since no client of HTTP would. */
export interface RawRequest {
  readonly name: string;
  readonly bytes: Uint8Array;
  /** What Node answers, one by one; undefined where several answers would be right. */
  readonly statuses: readonly number[] | undefined;
}

export type Statuses = readonly number[] | undefined;

/** Comes behind a request, to see where the server takes that to end. */
export const NEXT = 'GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n';
/** Must never be answered: somebody else would have taken it for a part of a body. */
export const SMUGGLED = 'GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n';
/** One row that is too short, so that whoever reads it says bad_shape: 400. */
export const JSON_BODY = '{"instances":[[1]]}';
export const JSON_LENGTH = JSON_BODY.length;
export const CHUNKED = `${JSON_LENGTH.toString(16)}\r\n${JSON_BODY}\r\n0\r\n\r\n`;

/** The parser or the adapter refuses it, and ends the connection. */
export const REFUSED: Statuses = [400];
/** The body of JSON is read to its end, and the next request is answered as well. */
export const READ: Statuses = [400, 200];
/** Health is told, and then once more. */
export const TOLD: Statuses = [200, 200];
/** Several answers would be right. */
export const ANY: Statuses = undefined;

export function raw(name: string, text: string, statuses: Statuses): RawRequest {
  return { name, bytes: Buffer.from(text, 'latin1'), statuses };
}

/** Lines ahead of an empty one, with a host. */
export function head(line: string, ...lines: readonly string[]): string {
  return [line, 'Host: a', ...lines, '', ''].join('\r\n');
}

/** A GET of health with lines of its own, and then another. */
export function health(name: string, lines: string, statuses: Statuses): RawRequest {
  return raw(name, head('GET /healthz HTTP/1.1', lines) + NEXT, statuses);
}

/** A POST of a row with lines and a body of its own, and then another request. */
export function posted(name: string, lines: string, body: string, statuses: Statuses): RawRequest {
  return raw(name, head('POST /predict HTTP/1.1', lines) + body + NEXT, statuses);
}

/** One for each word of a text. */
export function each<T>(text: string, make: (word: string) => T): T[] {
  return words(text).map(make);
}

/** Something of a name, short enough for a message. */
export function say(text: string): string {
  return JSON.stringify(text.slice(0, 40));
}
