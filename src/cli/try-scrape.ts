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
  const asked = { headers, signal: AbortSignal.timeout(LONGEST_MS) };
  const response = await fetch(new URL('metrics', url), asked).catch(() => undefined);
  if (response === undefined) return `Nothing answers at ${url}: is \`npm start\` running?`;
  await response.body?.cancel();
  if (response.ok) return undefined;
  const hint = response.status === 401 ? ': set METRICS_TOKEN to what the server has' : '';
  return `${url}metrics answers ${response.status}${hint}`;
}
