import { ERRORS } from '../../src/errors.ts';
import type { Failure, GrpcClient, LooseRequest } from './grpc.ts';
import type { HostileCall } from './hostile-grpc.ts';
import { forEachAtOnce } from './hostile-traffic.ts';
import { leaksOf } from './hostile-verdict.ts';

/** What a call may fail with; INTERNAL is what the library itself says of a message that it cannot decode. */
const STATUSES: ReadonlySet<string | undefined> = new Set([
  'INVALID_ARGUMENT',
  'UNAUTHENTICATED',
  'NOT_FOUND',
  'RESOURCE_EXHAUSTED',
  'UNAVAILABLE',
  'DEADLINE_EXCEEDED',
]);

/** Makes each call, and says what is wrong with how it ends. */
export async function callViolationsOf(
  client: GrpcClient,
  calls: readonly HostileCall[],
): Promise<string[]> {
  const violations: string[] = [];
  await forEachAtOnce(calls, async ({ name, method, message }) => {
    const faults = await client
      .send(method, message, { deadline: 60_000 })
      .then(
        (answer) => (typeof answer === 'object' ? leaksIn(answer) : ['is answered with nothing']),
        faultsOf,
      );
    const sent = message.subarray(0, 100).toString('hex');
    violations.push(...faults.map((fault) => `${name}: ${fault}\n    ${method} ${sent}`));
  });
  return violations;
}

function faultsOf({ status, details, code, requestId }: Failure): string[] {
  const isUndecoded = status === 'INTERNAL' && code === 'bad_request';
  return [
    ...(STATUSES.has(status) || isUndecoded ? [] : [`is ${status}: ${details}`]),
    ...(Object.hasOwn(ERRORS, String(code)) ? [] : [`has the code ${code}`]),
    ...(/^[\w-]{1,128}$/.test(String(requestId)) ? [] : [`has the request id ${requestId}`]),
    ...leaksIn(details),
  ];
}

/** Sends all of them on one stream, which has to answer each. */
export function streamViolationsOf(
  client: GrpcClient,
  requests: readonly (readonly [name: string, request: LooseRequest])[],
): Promise<string[]> {
  return new Promise((resolve) => {
    const violations: string[] = [];
    let answered = 0;
    const stream = client.stream();
    stream.on('data', (answer) => {
      const [name] = requests[answered++] ?? [];
      violations.push(...leaksIn(answer).map((leak) => `${name}: ${leak}`));
    });
    stream.on('error', ({ message }) => {
      resolve([...violations, `${requests[answered]?.[0]}: ends the stream: ${message}`]);
    });
    stream.on('end', () => {
      const missing = requests.length - answered;
      resolve(missing === 0 ? violations : [...violations, `${missing} are not answered`]);
    });
    for (const [, request] of requests) stream.write(request);
    stream.end();
  });
}

function leaksIn(answer: unknown): string[] {
  const body = new TextEncoder().encode(JSON.stringify(answer));
  return leaksOf({ status: 200, headers: new Headers(), body });
}
