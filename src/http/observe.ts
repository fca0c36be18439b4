import type { MiddlewareHandler } from 'hono';
import { matchedRoutes } from 'hono/route';
import type { Clock } from '../clock.ts';
import { AppError } from '../errors.ts';
import type { Logger } from '../log.ts';

/** A request that has been answered, as telemetry sees it. */
export interface RequestEvent {
  readonly method: string;
  /** The pattern of the route table that took it; undefined when none did. */
  readonly route: string | undefined;
  readonly status: number;
  readonly seconds: number;
}

/** Hears of requests. HTTP does not know who listens. */
export interface HttpObserver {
  requestStarted(): void;
  requestEnded(event: RequestEvent): void;
}

/** What a handler tells the access log about the prediction it made. */
export interface PredictionNote {
  readonly model: string;
  readonly version: string;
  readonly rows: number;
  readonly inferenceSeconds: number;
}

export interface RequestVariables {
  requestId: string;
  prediction?: PredictionNote;
}

/** Printable, without spaces or quotes, and short: what may be logged and sent back as it stands. */
const REQUEST_ID = /^[A-Za-z0-9._~:/+=@-]{1,128}$/;

/**
 * Gives every request an id, one log line and its duration. It runs around everything else, and a fault of
 * its own never changes the answer.
 */
export function observe(options: {
  clock: Clock;
  log: Logger;
  observer: HttpObserver;
}): MiddlewareHandler<{ Variables: RequestVariables }> {
  const { clock, log, observer } = options;

  return async function observe(c, next) {
    const start = clock.now();
    const given = c.req.header('X-Request-Id');
    const requestId = given !== undefined && REQUEST_ID.test(given) ? given : crypto.randomUUID();
    c.set('requestId', requestId);
    observer.requestStarted();
    await next();
    c.header('X-Request-Id', requestId);

    const seconds = (clock.now() - start) / 1000;
    const route = matchedRoutes(c).findLast(({ path }) => path !== '/*')?.path;
    const { status } = c.res;
    observer.requestEnded({ method: c.req.method, route, status, seconds });
    const prediction = c.get('prediction');
    log.info(
      {
        request_id: requestId,
        method: c.req.method,
        route: route ?? null,
        status,
        duration_ms: milliseconds(seconds),
        ...(c.error && { code: c.error instanceof AppError ? c.error.code : 'internal' }),
        ...(prediction && {
          model: prediction.model,
          version: prediction.version,
          rows: prediction.rows,
          inference_ms: milliseconds(prediction.inferenceSeconds),
        }),
      },
      'request',
    );
  };
}

/** Milliseconds to the microsecond, as the log and the answers give them. */
export function milliseconds(seconds: number): number {
  return Math.round(seconds * 1e6) / 1e3;
}
