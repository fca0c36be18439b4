import type { Command } from 'commander';
import * as z from 'zod';
import { token } from '../config.ts';
import { messageOf } from '../errors.ts';
import { plain } from '../terminal/text.ts';

const errorAnswer = z.object({ error: z.string(), code: z.string() });

/** The server has answered, and not with what was asked for. */
export class AnswerError extends Error {
  override readonly name = 'AnswerError';
  readonly status: number;
  /** The server's own word for it, `status_<status>` for a server that has none, or `bad_answer`. */
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    // Both are what a server says, and are printed as they are.
    super(plain(message));
    this.status = status;
    this.code = plain(code);
  }
}

/** Nobody has answered, or not what is HTTP. */
export class ConnectionError extends Error {
  override readonly name = 'ConnectionError';
  /** `request_failed` where it is neither that nobody is there nor that the connection is gone: the message says what. */
  readonly code: 'no_server' | 'connection_lost' | 'request_failed';

  constructor(url: URL, cause: unknown, code = codeOf(causeOf(cause))) {
    const messages = {
      no_server: UNKNOWN_HOST.has(property(causeOf(cause), 'code'))
        ? `cannot find the host '${url.hostname}': is its name right?`
        : `no server at ${url.origin}: is \`npm start\` running?`,
      connection_lost: `the connection to ${url.origin} broke off before the answer`,
      request_failed: `cannot ask ${url.origin}: ${explain(url, causeOf(cause))}`,
    };
    super(messages[code], { cause });
    this.code = code;
  }
}

/** What a name has that no address is known for: there is none, or whoever would know does not answer. */
const UNKNOWN_HOST: ReadonlySet<unknown> = new Set(['ENOTFOUND', 'EAI_AGAIN']);
/** What there is no connection for. */
const NOBODY_THERE: ReadonlySet<unknown> = new Set([
  ...UNKNOWN_HOST,
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'EHOSTDOWN',
  'ENETUNREACH',
  'ETIMEDOUT',
  'UND_ERR_CONNECT_TIMEOUT',
]);
/** What connections end with that were there. */
const LOST: ReadonlySet<unknown> = new Set(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET']);

/** fetch says no more than that it failed; what it met is the cause. */
function causeOf(error: unknown): unknown {
  return error instanceof Error && error.cause instanceof Error ? error.cause : error;
}

function codeOf(cause: unknown): ConnectionError['code'] {
  const code = property(cause, 'code');
  const isConnecting = property(cause, 'syscall') === 'connect';
  if (NOBODY_THERE.has(code) || (code === 'ECONNRESET' && isConnecting)) return 'no_server';
  return LOST.has(code) ? 'connection_lost' : 'request_failed';
}

/** In one line, whoever has written it: OpenSSL has its own ideas. */
function explain(url: URL, cause: unknown): string {
  if (property(cause, 'code') === 'ERR_SSL_WRONG_VERSION_NUMBER') {
    return `it does not speak TLS: is it http://${url.host}?`;
  }
  return messageOf(cause).replaceAll(/\s+/g, ' ').trim();
}

function property(value: unknown, name: 'code' | 'syscall'): unknown {
  return value instanceof Error && name in value ? Reflect.get(value, name) : undefined;
}

/**
 * Sends a request to a running server.
 *
 * @returns an answer that is 2xx
 * @throws AnswerError with the server's code and message, ConnectionError that says in one line what to do when nobody
 *   answers, and the signal's reason
 */
export async function request(url: URL, init?: RequestInit): Promise<Response> {
  const response = await fetch(url, init).catch((error: unknown) => {
    init?.signal?.throwIfAborted();
    throw new ConnectionError(url, error);
  });
  if (response.ok) return response;
  const known = errorAnswer.safeParse(parseJson(await readBytes(response, url, init?.signal)));
  if (!known.success) {
    const { status } = response;
    throw new AnswerError(status, `status_${status}`, `status ${status} from ${url.origin}`);
  }
  const { code, error } = known.data;
  throw new AnswerError(response.status, code, `${code}: ${error}`);
}

/**
 * Gets JSON, or posts some, with the API_TOKEN of the environment as the server has it, and gets the answer.
 *
 * @throws as `request` does
 */
export async function ask(url: URL, body?: unknown, signal?: AbortSignal): Promise<unknown> {
  const response = await request(url, {
    ...(signal && { signal }),
    ...(body !== undefined && {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', ...authorization() },
      body: JSON.stringify(body),
    }),
  });
  return parseJson(await readBytes(response, url, signal));
}

/** @throws ConnectionError when the connection breaks off in an answer, and the signal's reason */
export async function readBytes(
  response: Response,
  url: URL,
  signal: AbortSignal | null | undefined,
): Promise<Uint8Array> {
  const body = await response.arrayBuffer().catch((error: unknown) => {
    signal?.throwIfAborted();
    throw new ConnectionError(url, error, 'connection_lost');
  });
  return new Uint8Array(body);
}

/** @returns undefined for what is no JSON, which no form of an answer takes */
export function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
}

/**
 * What says that one may ask for predictions: API_TOKEN of the environment.
 *
 * @throws as `pickToken` does
 */
export function authorization(): Record<string, string> {
  const picked = pickToken('API_TOKEN', process.env.API_TOKEN);
  return picked === undefined ? {} : { Authorization: `Bearer ${picked}` };
}

/**
 * Picks the first of several tokens, of which any is good.
 *
 * @param setting where they are from: a variable, or an option
 * @returns undefined where there is none
 * @throws Error in one line where it is no token: no header could carry it, and fetch would say less
 */
export function pickToken(setting: string, tokens: string | undefined): string | undefined {
  const first = tokens?.split(',').find((part) => part !== '');
  if (first === undefined) return undefined;
  const { success, data, error } = token.safeParse(first);
  if (success) return data;
  throw new Error(`${setting} is no token: ${error.issues[0]?.message}`);
}

/**
 * Picks the token for metrics of a command that has an option for it.
 *
 * @throws as `pickToken` does
 */
export function pickMetricsToken(command: Command): string | undefined {
  const isTyped = command.getOptionValueSource('metricsToken') === 'cli';
  const { metricsToken } = command.opts<{ readonly metricsToken?: string }>();
  return pickToken(isTyped ? '--metrics-token' : 'METRICS_TOKEN', metricsToken);
}

/**
 * Holds an answer to its form.
 *
 * @throws AnswerError bad_answer
 */
export function parseAnswer<Form extends z.ZodType>(form: Form, body: unknown): z.infer<Form> {
  const { success, data, error } = form.safeParse(body);
  if (success) return data;
  const [issue] = error.issues;
  const place = issue?.path.length ? `'${issue.path.join('.')}': ` : '';
  throw new AnswerError(200, 'bad_answer', `bad_answer: ${place}${issue?.message}`);
}
