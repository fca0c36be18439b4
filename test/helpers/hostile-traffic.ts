import { gunzipSync } from 'node:zlib';
import { ERRORS, type ErrorCode } from '../../src/errors.ts';
import type { RawRequest } from './hostile-raw.ts';
import { type HostileRequest, toInit } from './hostile-request.ts';
import { exchange } from './hostile-socket.ts';
import { type Answered, codeOf, faultsOf, leaksOf, pathnameOf } from './hostile-verdict.ts';
import type { Target } from './targets.ts';

/** By then every request is answered: REQUEST_TIMEOUT_MS, and some. */
const LONGEST_ANSWER_MS = 35_000;

/** So many requests are under way at once. */
const CONCURRENCY = 16;

/** Does something for each of a list, so many at once. */
export async function forEachAtOnce<T>(
  list: readonly T[],
  work: (item: T) => Promise<void>,
): Promise<void> {
  const left = list.values();
  const worker = async () => {
    for (const item of left) await work(item);
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, worker));
}

/** The errors that a client was answered with, to hold the server's own count against. */
export class Ledger {
  /** By code; of HEAD, whose answers have none, by status. */
  readonly errors = new Map<string, number>();

  add(answer: Answered): void {
    if (answer.status < 300) return;
    const key = codeOf(answer) ?? String(answer.status);
    this.errors.set(key, (this.errors.get(key) ?? 0) + 1);
  }

  /** How many answers had each status, whatever they said of the reason. */
  byStatus(): Record<string, number> {
    return sumByStatus([...this.errors]);
  }
}

export function sumByStatus(errors: readonly (readonly [string, number])[]) {
  const sums: Record<string, number> = {};
  for (const [key, count] of errors) {
    const status = String(Object.hasOwn(ERRORS, key) ? ERRORS[key as ErrorCode].status : key);
    if (count > 0) sums[status] = (sums[status] ?? 0) + count;
  }
  return sums;
}

/** Who answers: the app, and Node's parser in its words; or also wrangler's proxy; or also a parser in its own words. */
export type Speaker = 'the app' | 'a proxy' | 'anybody';

/** Sends each with fetch, and says what is wrong with the answers. */
export async function violationsOf(
  target: Target,
  requests: readonly HostileRequest[],
  { speaker, ledger = new Ledger() }: { speaker: Speaker; ledger?: Ledger },
): Promise<string[]> {
  const violations: string[] = [];
  await forEachAtOnce(requests, async (request) => {
    const say = (fault: string) => violations.push(`${request.name}: ${fault}${describe(request)}`);
    try {
      const signal = AbortSignal.timeout(LONGEST_ANSWER_MS);
      const response = await target.fetch(request.path, { ...toInit(request), signal });
      const bytes = new Uint8Array(await response.arrayBuffer());
      const { status, headers } = response;
      const answer = { status, headers, body: decompressed(bytes) };
      // That something is not ready is what GET /readyz is there to tell, and no error.
      const isTold = answer.status === 503 && pathnameOf(request.path) === '/readyz';
      if (!isTold) ledger.add(answer);
      for (const fault of await judge(request, answer, speaker)) say(fault);
    } catch (error) {
      const { message, cause } = error as Error;
      say(`is not answered: ${message}, ${String(cause)}`);
    }
  });
  return violations;
}

/** What wrangler's own proxy, which stands ahead of workerd, says where it fails before the Worker is asked. */
const WRANGLERS =
  /^(?:Error: Network connection lost\.|TypeError: Fetch API cannot load: |Internal Server Error$|Unsupported Media Type$)/;
/** What a parser may refuse with: not implemented, and a version that is not supported. */
const REFUSALS: ReadonlySet<number> = new Set([501, 505]);

async function judge(
  request: { readonly method: string; readonly path: string },
  answer: Answered,
  speaker: Speaker,
): Promise<string[]> {
  if (speaker !== 'the app' && WRANGLERS.test(latin1(answer.body))) return [];
  const isApps = speaker !== 'anybody' || answer.headers.has('X-Request-Id');
  if (isApps) return faultsOf(request, answer);
  if (answer.status < 500 || REFUSALS.has(answer.status)) return leaksOf(answer);
  return [...leaksOf(answer), `is ${answer.status}`];
}

/** In this process, and from a bare connection, an answer may come compressed. */
function decompressed(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  return bytes[0] === 0x1f && bytes[1] === 0x8b ? new Uint8Array(gunzipSync(bytes)) : bytes;
}

function describe({ method, path, headers, body }: HostileRequest): string {
  const shown = { method, path, headers, body: Buffer.from(body ?? []).toString('latin1') };
  const text = Object.entries(shown).map(([name, value]) => `${name} ${cut(value)}`);
  return `\n    ${text.join('\n    ')}`;
}

function cut(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > 400 ? `${text.slice(0, 300)}… (${text.length})` : text;
}

/** Sends each over a connection of its own, and says what is wrong with the answers. */
export async function rawViolationsOf(
  url: URL,
  requests: readonly RawRequest[],
  options: { speaker: Speaker; patienceMs: number; ledger?: Ledger },
): Promise<string[]> {
  const { speaker, patienceMs, ledger = new Ledger() } = options;
  const violations: string[] = [];
  await forEachAtOnce(requests, async ({ name, bytes, statuses }) => {
    const say = (fault: string) => violations.push(`${name}: ${fault}\n    ${cut(latin1(bytes))}`);
    const { answers, rest, closed } = await exchange(url, bytes, patienceMs);
    const got = answers.map(({ status }) => status);
    if (speaker === 'the app') {
      if (!closed) say(`is left open after ${got}`);
      if (rest !== '') say(`is followed by ${JSON.stringify(rest)}`);
      if (statuses && String(got) !== String(statuses)) say(`expected ${statuses}, got ${got}`);
    }
    // Only of the first answer is it known what it answers.
    const [method = '', path = ''] = latin1(bytes).split(' ', 2);
    for (const [i, answer] of answers.entries()) {
      ledger.add(answer);
      const request = i === 0 ? { method, path } : { method: '', path: '' };
      const plain = { ...answer, body: decompressed(answer.body) };
      for (const fault of await judge(request, plain, speaker)) say(fault);
    }
  });
  return violations;
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1');
}
