import type { ErrorCode } from '../errors.ts';
import type { Logger } from '../log.ts';
import { milliseconds, type PredictionNote } from './observe.ts';
import type { Trace } from './trace.ts';

/** A request that has ended, over whatever protocol. */
export interface EndedRequest {
  readonly requestId: string | undefined;
  /** The trace that it belongs to, and its own span there. */
  readonly trace: Trace | undefined;
  readonly spanId: string | undefined;
  readonly seconds: number;
  /** Whether it is one of the answers that nobody has to look at one by one. */
  readonly succeeded: boolean;
  readonly code: ErrorCode | undefined;
  readonly prediction: PredictionNote | undefined;
}

/**
 * Writes one line per request, or of those that succeeded a share.
 *
 * What failed is always there, and so is what belongs to a trace that is kept: whoever finds the trace finds its line.
 */
export class RequestLog {
  private readonly log: Logger;
  private readonly sample: number;
  private readonly random: () => number;

  /**
   * @param sample the share of successes that are written, 0 to 1
   * @param random gives numbers from 0 to below 1
   */
  constructor(log: Logger, sample: number, random: () => number = Math.random) {
    this.log = log;
    this.sample = sample;
    this.random = random;
  }

  /** @param place what the protocol says of the request: its method, route and status */
  write(place: object, request: EndedRequest, message: string): void {
    const { trace, prediction } = request;
    const chosen =
      !request.succeeded || trace?.sampled || this.sample >= 1 || this.random() < this.sample;
    if (!chosen) return;
    const { inferenceSeconds, queueSeconds } = prediction ?? {};
    // What is undefined is not written.
    this.log.info(
      {
        request_id: request.requestId,
        trace_id: trace?.traceId,
        span_id: request.spanId,
        parent_id: trace?.parentId,
        ...place,
        duration_ms: milliseconds(request.seconds),
        code: request.code,
        model: prediction?.model,
        version: prediction?.version,
        rows: prediction?.rows,
        queue_ms: queueSeconds === undefined ? undefined : milliseconds(queueSeconds),
        inference_ms: inferenceSeconds === undefined ? undefined : milliseconds(inferenceSeconds),
        payload: prediction?.payload,
      },
      message,
    );
  }
}
