import type { Context } from 'hono';
import type { RequestVariables } from './observe.ts';

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
  const all = { ...headers, 'X-Request-Id': c.get('requestId') };
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
