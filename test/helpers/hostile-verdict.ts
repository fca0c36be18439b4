import { homedir } from 'node:os';
import * as z from 'zod';
import { ERRORS, type ErrorCode } from '../../src/errors.ts';
import { DATATYPES, elementCount } from '../../src/inference/tensor.ts';
import { v1Response } from '../../src/protocols/kserve-v1.ts';
import { invocationResponse } from '../../src/protocols/mlflow.ts';
import { inferResponse } from '../../src/protocols/open-inference-schemas.ts';
import { type Output, readAnswer } from './open-inference.ts';

/** An answer as it came, decompressed. */
export interface Answered {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Uint8Array<ArrayBuffer>;
}

/** Errors of 500 and above that a server may answer whatever it is sent. */
const DOCUMENTED_5XX: ReadonlySet<string> = new Set<ErrorCode>([
  'overloaded',
  'not_ready',
  'shutting_down',
  'timeout',
  'too_many_connections',
]);

/** What an answer must never show: where the server lies, what it is written in, how far its code had got. */
const LEAKS: readonly RegExp[] = [
  ...[process.cwd(), homedir()].map((path) => new RegExp(`${path.replaceAll('.', '\\.')}\\b`)),
  ...[/\/work\b/, /\/home\//, /\/tmp\b/, /node_modules/, /file:\/\//, /node:internal/],
  ...[/\bat .*\(.*:\d+:\d+\)/, /\bat \S+:\d+:\d+/, /\bat (Object|Module|async) /, /\.[jt]s:/],
  ...[/TypeError/, /RangeError/, /SyntaxError/, /ReferenceError/, /root:x:0/, /process\.env/],
];

/** The one whose pages may read answers. */
export const ALLOWED_ORIGIN = 'https://pages.example';

const REQUEST_ID = /^[A-Za-z0-9._~:/+=@-]{1,128}$/;
const errorBody = z.strictObject({ error: z.string().min(1), code: z.string() });
/** GET /readyz lists the models as well. */
const unready = errorBody
  .extend({ ready: z.literal(false), models: z.array(z.unknown()) })
  .or(errorBody);

/** The code of an answer that is an error in the form of the table. */
export function codeOf({ body }: Answered): string | undefined {
  return z.object({ code: z.string() }).safeParse(tryJson(body)).data?.code;
}

/** What an answer gives away, or has let in, whoever made it. */
export function leaksOf({ headers, body, status }: Answered): string[] {
  const text = [...headers].map((header) => header.join(': ')).join('\n');
  const shown = `${text}\n${Buffer.from(body).toString('latin1')}`;
  const leaks = LEAKS.filter((leak) => leak.test(shown)).map((leak) => `shows ${leak.exec(shown)}`);
  const isIn = status < 300 && shown.includes('polluted');
  return [
    ...leaks,
    ...(headers.has('x-injected') ? ['carries a header of its request'] : []),
    ...(isIn ? ['answers with what was put into a prototype'] : []),
  ];
}

/**
 * What is wrong with an answer of the app, or of Node's parser in the app's words.
 *
 * @param request the path decides of what form a success has to be
 */
export async function faultsOf(
  { method, path }: { readonly method: string; readonly path: string },
  answer: Answered,
): Promise<string[]> {
  const { status, headers, body } = answer;
  const faults = leaksOf(answer);
  const expect = (holds: boolean, fault: string) => void (holds || faults.push(fault));
  const id = headers.get('X-Request-Id');
  expect(id !== null && REQUEST_ID.test(id), `has the request id ${id}`);
  const origin = headers.get('Access-Control-Allow-Origin') ?? ALLOWED_ORIGIN;
  expect(origin === ALLOWED_ORIGIN, `may be read by ${origin}`);
  const isSniffable = body.byteLength > 0 && headers.get('X-Content-Type-Options') !== 'nosniff';
  expect(!isSniffable, 'may be sniffed');
  if (status >= 200 && status < 300) {
    if (method === 'HEAD' || status === 204) expect(body.byteLength === 0, 'has a body');
    else faults.push(...(await faultsOfSuccess(path, answer)));
    return faults;
  }
  if (method === 'HEAD') {
    expect(body.byteLength === 0, 'has a body');
    expect(isDocumented(status), `has the status ${status}`);
    return faults;
  }
  const form = pathnameOf(path) === '/readyz' ? unready : errorBody;
  const { data, error } = form.safeParse(tryJson(body));
  expect(headers.get('Content-Type') === 'application/json', 'is no JSON by its type');
  if (!data)
    return [...faults, `is no error of the form: ${status} ${say(body)} ${error?.message}`];
  const entry = Object.hasOwn(ERRORS, data.code) ? ERRORS[data.code as ErrorCode] : undefined;
  expect(entry?.status === status, `has the status ${status} with the code ${data.code}`);
  expect(status < 500 || DOCUMENTED_5XX.has(data.code), `is ${status} ${data.code}: ${data.error}`);
  expect(headers.has('Retry-After') === entry?.retryable, 'tells wrongly whether to try again');
  expect(data.error.length <= 1000, `has a message of ${data.error.length} characters`);
  return faults;
}

/** The path that a target is routed by. */
export function pathnameOf(path: string): string {
  return URL.parse(path, 'http://localhost')?.pathname ?? path;
}

function isDocumented(status: number): boolean {
  const found = Object.entries(ERRORS).filter(([, entry]) => entry.status === status);
  return found.length > 0 && (status < 500 || found.some(([code]) => DOCUMENTED_5XX.has(code)));
}

const predictResponse = z.object({
  model: z.string(),
  version: z.string(),
  predictions: z.array(z.unknown()).min(1),
  time_ms: z.number().nonnegative(),
});

/** What a prediction has to look like, by how its path ends. */
const SUCCESSES: readonly (readonly [RegExp, z.ZodType])[] = [
  [/\/predict$/, predictResponse],
  [/:predict$/, v1Response],
  [/^\/invocations$/, invocationResponse],
];

async function faultsOfSuccess(path: string, answer: Answered): Promise<string[]> {
  const { headers, body } = answer;
  const pathname = pathnameOf(path);
  try {
    if (pathname.endsWith('/infer')) {
      const { outputs, ...rest } = await readAnswer(new Response(body, { headers }));
      inferResponse.parse({ ...rest, outputs });
      return outputs.flatMap(faultsOfOutput);
    }
    const type = headers.get('Content-Type') ?? '';
    if (type.startsWith('text/plain')) return [];
    if (type !== 'application/json') return [`is ${type}`];
    const json: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
    SUCCESSES.find(([ending]) => ending.test(pathname))?.[1].parse(json);
    return [];
  } catch (error) {
    return [`is no valid success: ${String(error)} in ${say(body)}`];
  }
}

function faultsOfOutput({ name, shape, data, bytes, datatype }: Output): string[] {
  const count = elementCount(shape);
  if (data) return data.length === count ? [] : [`has ${data.length} values as ${name}`];
  if (datatype === 'BYTES') return [];
  const size = DATATYPES[datatype as Exclude<keyof typeof DATATYPES, 'BYTES'>].BYTES_PER_ELEMENT;
  return bytes?.byteLength === count * size ? [] : [`has ${bytes?.byteLength} bytes as ${name}`];
}

function tryJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(body));
  } catch {
    return undefined;
  }
}

/** A body for a person. */
function say(body: Uint8Array): string {
  return JSON.stringify(Buffer.from(body).toString().slice(0, 300));
}
