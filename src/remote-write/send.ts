/** How one attempt to deliver ended. */
export type SendResult =
  | { readonly outcome: 'sent' }
  /** Worth another try, not before `afterMs` where the receiver said so. */
  | { readonly outcome: 'retry'; readonly reason: string; readonly afterMs?: number }
  /** The receiver will never take it. */
  | { readonly outcome: 'rejected'; readonly reason: string };

/** @param cancelled ends the attempt early */
export type Send = (body: Uint8Array, cancelled?: AbortSignal) => Promise<SendResult>;

export interface Receiver {
  readonly url: string;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  readonly bearerToken?: string | undefined;
}

/** How much of a refusal is kept for the log, in characters. */
const MAX_REASON = 300;
const MAX_REDIRECTS = 3;
/** The longest wait that a receiver may ask for, in milliseconds. */
const MAX_RETRY_AFTER = 3_600_000;

/**
 * Makes the function that delivers one encoded batch, once, as the remote-write 1.0 specification says:
 * 2xx is done; 5xx, 429, a fault of the network and a timeout are worth another try; every other answer
 * is final. A redirect is followed on the same origin alone, so that credentials stay with the host they
 * were given for.
 *
 * @param options.timeoutMs for the whole attempt, the answer included
 * @param options.wallTime milliseconds since the Unix epoch, for a Retry-After that is a date
 */
export function createSender(options: {
  receiver: Receiver;
  userAgent: string;
  timeoutMs: number;
  fetch: typeof globalThis.fetch;
  wallTime: () => number;
}): Send {
  const { receiver, userAgent, timeoutMs, fetch, wallTime } = options;
  const authorization = authorize(receiver);
  const headers = {
    'Content-Encoding': 'snappy',
    'Content-Type': 'application/x-protobuf',
    'User-Agent': userAgent,
    'X-Prometheus-Remote-Write-Version': '0.1.0',
    ...(authorization !== undefined && { Authorization: authorization }),
  };

  const redact = createRedaction(receiver, authorization);

  return async (body, cancelled) => {
    // Not AbortSignal.timeout: its timer would run on after the answer, and keep a hub awake.
    const timeout = new AbortController();
    const timer = setTimeout(() => timeout.abort(), timeoutMs);
    const signal = AbortSignal.any([timeout.signal, ...(cancelled ? [cancelled] : [])]);
    let url = new URL(receiver.url);
    try {
      for (let hop = 0; hop <= MAX_REDIRECTS; hop++) {
        const response = await fetch(url, {
          method: 'POST',
          headers,
          body: new Uint8Array(body),
          redirect: 'manual',
          signal,
        });
        const target = redirectTarget(response, url);
        if (!target) return await judge(response, wallTime, redact);
        await response.body?.cancel();
        if (target.origin !== url.origin) {
          return { outcome: 'rejected', reason: `redirected to another origin, ${target.origin}` };
        }
        url = target;
      }
      return { outcome: 'rejected', reason: `redirected more than ${MAX_REDIRECTS} times` };
    } catch (error) {
      const reason = timeout.signal.aborted
        ? `no answer within ${timeoutMs / 1000} s`
        : describe(error);
      return { outcome: 'retry', reason };
    } finally {
      clearTimeout(timer);
    }
  };
}

function authorize({ username, password, bearerToken }: Receiver): string | undefined {
  if (bearerToken !== undefined) return `Bearer ${bearerToken}`;
  if (username === undefined || password === undefined) return undefined;
  const bytes = new TextEncoder().encode(`${username}:${password}`);
  return `Basic ${btoa(String.fromCharCode(...bytes))}`;
}

/** A receiver may repeat what it was sent: credentials in its answer go no further. */
function createRedaction(
  { password, bearerToken }: Receiver,
  authorization: string | undefined,
): (text: string) => string {
  const encoded = authorization?.split(' ')[1];
  const secrets = [password, bearerToken, encoded].filter((secret) => secret !== undefined);
  return (text) => secrets.reduce((clean, secret) => clean.replaceAll(secret, '[redacted]'), text);
}

/** Only 307 and 308 keep the method and the body. */
function redirectTarget(response: Response, from: URL): URL | undefined {
  if (response.status !== 307 && response.status !== 308) return undefined;
  const location = response.headers.get('Location');
  return location === null ? undefined : new URL(location, from);
}

async function judge(
  response: Response,
  wallTime: () => number,
  redact: (text: string) => string,
): Promise<SendResult> {
  const { status } = response;
  if (response.ok) {
    await response.body?.cancel();
    return { outcome: 'sent' };
  }
  const text = redact((await response.text().catch(() => '')).trim()).slice(0, MAX_REASON);
  const reason = text === '' ? `status ${status}` : `status ${status}: ${text}`;
  if (status !== 429 && status < 500) return { outcome: 'rejected', reason };
  const afterMs = retryAfter(response.headers.get('Retry-After'), wallTime());
  return { outcome: 'retry', reason, ...(afterMs !== undefined && { afterMs }) };
}

/** Retry-After as milliseconds from now: seconds, or a date (RFC 9110, 10.2.3). */
function retryAfter(header: string | null, now: number): number | undefined {
  if (header === null) return undefined;
  const wait = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - now;
  return Number.isFinite(wait) ? Math.min(Math.max(wait, 0), MAX_RETRY_AFTER) : undefined;
}

/** A fault without its details, which may hold the URL. */
function describe(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : undefined;
  if (cause && 'code' in cause) return `the receiver cannot be reached (${String(cause.code)})`;
  return 'the receiver cannot be reached';
}
