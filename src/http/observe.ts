import type { MiddlewareHandler } from 'hono';
import { matchedRoutes } from 'hono/route';
import type { Clock } from '../clock.ts';
import { AppError, type ErrorCode } from '../errors.ts';
import type { RequestLog } from './request-log.ts';
import { newSpanId, parseTraceparent, sampledTraceId, type Trace } from './trace.ts';

/** What a protocol tells of a prediction that was asked of it, as far as it got. */
export interface PredictionNote {
  readonly protocol: string;
  model?: string;
  version?: string;
  rows?: number;
  queueSeconds?: number;
  inferenceSeconds?: number;
  /** What was sent, as far as it is logged. */
  payload?: string;
}

/** A prediction that was asked for and has ended, whatever brought it. */
export interface PredictionEvent {
  readonly prediction: PredictionNote;
  readonly seconds: number;
  /** Why it failed; undefined when it did not. */
  readonly code?: ErrorCode | undefined;
}

/** Hears of what came otherwise than over HTTP, or never got to be a request. */
export interface PredictionObserver {
  /** Of a prediction over HTTP, the event of its request tells. */
  predictionEnded(event: PredictionEvent): void;
  /** A call, or a connection, was answered with an error. */
  failed(code: ErrorCode): void;
}

/** A request that has been answered, as telemetry sees it. */
export interface RequestEvent {
  readonly method: string;
  /** The pattern of the route table that took it; undefined when none did. */
  readonly route: string | undefined;
  readonly status: number;
  readonly seconds: number;
  /** Why it failed; undefined when it did not. */
  readonly code?: ErrorCode | undefined;
  /** Set when it asked for a prediction. */
  readonly prediction?: PredictionNote | undefined;
  readonly traceId?: string | undefined;
}

/** Hears of requests. HTTP does not know who listens. */
export interface HttpObserver {
  requestStarted(): void;
  requestEnded(event: RequestEvent): void;
}

export interface RequestVariables {
  requestId: string;
  /** When the request arrived, in milliseconds of the app's clock. */
  startedAt: number;
  /** The trace that the request belongs to, and its own span there. */
  trace: Trace | undefined;
  spanId: string | undefined;
  prediction?: PredictionNote;
}

/** Printable, without spaces or quotes, and short: what may be logged and sent back as it stands. */
const REQUEST_ID = /^[A-Za-z0-9._~:/+=@-]{1,128}$/;

/** The id that a caller gave, when it is one that may be repeated; else a new one. */
export function chooseRequestId(given: string | undefined): string {
  return given !== undefined && REQUEST_ID.test(given) ? given : crypto.randomUUID();
}

/**
 * Gives every request an id, one log line and its duration. It runs around everything else, and a fault of
 * its own never changes the answer.
 */
export function observe(options: {
  clock: Clock;
  requestLog: RequestLog;
  observer: HttpObserver;
}): MiddlewareHandler<{ Variables: RequestVariables }> {
  const { clock, requestLog, observer } = options;

  return async function observe(c, next) {
    // The router gives it twice to a path that is a pattern itself, such as `/*`.
    if (c.get('requestId') !== undefined) return next();
    const start = clock.now();
    const requestId = chooseRequestId(c.req.header('X-Request-Id'));
    const trace = parseTraceparent(c.req.header('traceparent'));
    const spanId = trace && newSpanId();
    c.set('requestId', requestId);
    c.set('startedAt', start);
    c.set('trace', trace);
    c.set('spanId', spanId);
    observer.requestStarted();
    await next();

    const seconds = (clock.now() - start) / 1000;
    const { method } = c.req;
    const { status } = c.res;
    const route = matchedRoutes(c).findLast(({ path }) => path !== '/*')?.path;
    const code = c.error && (c.error instanceof AppError ? c.error.code : 'internal');
    const prediction = c.get('prediction');
    const traceId = sampledTraceId(trace);
    observer.requestEnded({ method, route, status, seconds, code, prediction, traceId });
    requestLog.write(
      { method, route: route ?? null, status },
      { requestId, trace, spanId, seconds, succeeded: status < 400, code, prediction },
      'request',
    );
  };
}

/** Milliseconds to the microsecond, as the log and the answers give them. */
export function milliseconds(seconds: number): number {
  return Math.round(seconds * 1e6) / 1e3;
}
