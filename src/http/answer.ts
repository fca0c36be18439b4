import type { Context } from 'hono';
import type { RequestVariables } from './observe.ts';
import { traceresponse } from './trace.ts';

/**
 * Makes an answer that carries the id of its request. Every answer is made here: headers that are plain when
 * it is made go to the socket as they are, where those set on the context or on a finished answer cost several
 * microseconds of conversions.
 */
export function answer(
  c: Context<{ Variables: RequestVariables }>,
  body: string | Uint8Array<ArrayBuffer> | null,
  headers: Readonly<Record<string, string>>,
  status = 200,
): Response {
  const all: Record<string, string> = {
    ...headers,
    // Nobody's browser may take an answer for something else than it says.
    'X-Content-Type-Options': 'nosniff',
    'X-Request-Id': c.get('requestId'),
  };
  const trace = c.get('trace');
  const spanId = c.get('spanId');
  if (trace && spanId !== undefined) all.traceresponse = traceresponse(trace, spanId);
  return new Response(body, { status, headers: all });
}

/** @param headers beside the content type */
export function answerJson(
  c: Context<{ Variables: RequestVariables }>,
  body: unknown,
  status = 200,
  headers?: Readonly<Record<string, string>>,
): Response {
  return answer(
    c,
    JSON.stringify(body),
    { 'Content-Type': 'application/json', ...headers },
    status,
  );
}

/** What an answer carries that is made ahead of the app. */
export function bareHeaders(): Record<string, string> {
  return { 'X-Content-Type-Options': 'nosniff', 'X-Request-Id': crypto.randomUUID() };
}
