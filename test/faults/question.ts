import type { ErrorCode } from '../../src/errors.ts';
import type { Answer } from './answer-parser.ts';
import { TOKENS } from './server.ts';

/** What a client sends, and what may come of it. */
export interface Question {
  /** What it is of: the ledger counts by that. */
  readonly kind: string;
  /** The request as it travels, with the id that the ledger gave it. */
  readonly bytes: (id: string) => Uint8Array;
  /** Error codes that are right answers. */
  readonly codes: readonly ErrorCode[];
  /** What is wrong with an answer of 200; absent where 200 is wrong whatever it says. */
  readonly check?: ((answer: Answer) => string | undefined) | undefined;
  /** Whether 503 is no error but what was asked for: how the server is. */
  readonly isReport?: boolean;
  /** Whether what takes HTTP apart refuses it, of which the log has no line. */
  readonly isUnlogged?: boolean;
}

/** What any prediction may be answered with by a server that has too much to do. */
export const UNDER_PRESSURE: readonly ErrorCode[] = [
  'overloaded',
  'timeout',
  'too_many_connections',
];

export interface HttpParts {
  readonly method?: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | string;
}

/** An HTTP request whose headers are those given, and those that it needs. */
export function httpBytes(
  { method = 'POST', path, headers = {}, body }: HttpParts,
  id: string,
): Uint8Array {
  const bytes = Buffer.from(body ?? '');
  const all: Record<string, string> = {
    Host: 'kilat',
    Authorization: `Bearer ${TOKENS.api}`,
    'X-Request-Id': id,
    ...(body !== undefined && {
      'Content-Type': 'application/json',
      'Content-Length': String(bytes.byteLength),
    }),
    ...headers,
  };
  const lines = Object.entries(all)
    .filter(([, value]) => value !== '')
    .map(([name, value]) => `${name}: ${value}\r\n`);
  const head = `${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n`;
  return Buffer.concat([Buffer.from(head, 'latin1'), bytes]);
}

/** A question whose bytes are an HTTP request. */
export function ask(
  kind: string,
  parts: HttpParts,
  expected: Omit<Question, 'kind' | 'bytes'>,
): Question {
  return { kind, bytes: (id) => httpBytes(parts, id), ...expected };
}

export const json = (value: unknown) => JSON.stringify(value);
