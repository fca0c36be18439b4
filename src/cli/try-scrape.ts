import { ConnectionError } from './server.ts';

const LONGEST_MS = 5000;

/**
 * Asks a server for its metrics, as Prometheus will.
 *
 * @param url the server's, with a slash at its end
 * @returns what is wrong, and what to do about it; undefined where nothing is
 */
export async function tryScrape(
  url: string,
  token: string | undefined,
): Promise<string | undefined> {
  const headers = token === undefined ? {} : { Authorization: `Bearer ${token}` };
  const target = new URL('metrics', url);
  const asked = { headers, signal: AbortSignal.timeout(LONGEST_MS) };
  const response = await fetch(target, asked).catch((error: unknown) => explain(target, error));
  if (typeof response === 'string') return response;
  await response.body?.cancel();
  if (response.ok) return undefined;
  const hint = [401, 403].includes(response.status)
    ? ': set METRICS_TOKEN to what the server has'
    : '';
  return `${url}metrics answers ${response.status}${hint}`;
}

function explain(target: URL, error: unknown): string {
  const isLate = error instanceof DOMException && error.name === 'TimeoutError';
  if (isLate) return `no answer from ${target.href} within ${LONGEST_MS / 1000} s`;
  return new ConnectionError(target, error).message;
}
