import { Metadata, type ServerInterceptingCallInterface } from '@grpc/grpc-js';
import type { ErrorCode } from '../../errors.ts';
import { chooseRequestId, type PredictionNote } from '../../http/observe.ts';
import { newSpanId, parseTraceparent, type Trace, traceresponse } from '../../http/trace.ts';

/** What is known of a call while it is answered. */
export interface CallVariables {
  readonly requestId: string;
  /** When it arrived, in milliseconds of the clock. */
  readonly startedAt: number;
  /** The trace that it belongs to, and its own span there. */
  readonly trace: Trace | undefined;
  readonly spanId: string | undefined;
  /** Set when the call as a whole asks for a prediction. */
  readonly prediction: PredictionNote | undefined;
  /** Why it failed, where that is known here. */
  code?: ErrorCode;
  /** Set once there is an answer, which has then only to be sent. */
  answered?: boolean;
}

/** What a call ends with. */
export type Status = Parameters<ServerInterceptingCallInterface['sendStatus']>[0];

/** A status travels in a header, of which clients take 8 KiB; a character may take nine bytes there. */
const MAX_DETAILS = 800;

/** The token that a call carries, as HTTP would. */
export function authorizationOf({ metadata }: { readonly metadata: Metadata }): string | undefined {
  return metadata.get('authorization')[0]?.toString();
}

/** @param startedAt when the call arrived, in milliseconds of the clock */
export function readMetadata(
  metadata: Metadata,
  startedAt: number,
  isPrediction: boolean,
): CallVariables {
  const first = (name: string) => {
    const [value] = metadata.get(name);
    return value === undefined ? undefined : String(value);
  };
  const trace = parseTraceparent(first('traceparent'));
  return {
    requestId: chooseRequestId(first('x-request-id')),
    startedAt,
    trace,
    spanId: trace && newSpanId(),
    prediction: isPrediction ? { protocol: 'grpc' } : undefined,
  };
}

/** What a status carries: the id of its call, the code of its error, and a message that a header can hold. */
export function decorate(given: Status, variables: CallVariables | undefined) {
  const metadata = given.metadata ?? new Metadata();
  if (variables) metadata.set('x-request-id', variables.requestId);
  if (variables?.trace && variables.spanId !== undefined) {
    metadata.set('traceresponse', traceresponse(variables.trace, variables.spanId));
  }
  if (variables?.code) metadata.set('error-code', variables.code);
  return { metadata, details: given.details.slice(0, MAX_DETAILS).toWellFormed() };
}
