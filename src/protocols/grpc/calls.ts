import {
  type Metadata,
  ServerInterceptingCall,
  type ServerInterceptingCallInterface,
  type ServerInterceptor,
  status,
} from '@grpc/grpc-js';
import type { Clock } from '../../clock.ts';
import { AppError, type ErrorCode } from '../../errors.ts';
import type { Lifecycle } from '../../http/draining.ts';
import type { PredictionNote, PredictionObserver } from '../../http/observe.ts';
import type { RequestLog } from '../../http/request-log.ts';
import { type CallVariables, decorate, readMetadata, type Status } from './call-variables.ts';
import { causeOf, toStatus } from './status.ts';

/** How a call, or one request on a stream, ended. */
interface Ending {
  readonly method: string;
  readonly status: status;
  readonly seconds: number;
  readonly code: ErrorCode | undefined;
  readonly prediction: PredictionNote | undefined;
}

export interface CallParts {
  readonly clock: Clock;
  readonly requestLog: RequestLog;
  readonly observer: PredictionObserver;
  readonly lifecycle: Lifecycle;
}

const INFER_PATH = '/inference.GRPCInferenceService/ModelInfer';
/** What still has to be asked of a server that stops. */
const LIVE_PATH = '/inference.GRPCInferenceService/ServerLive';

/** What http/observe.ts and http/draining.ts do for requests, for calls. */
export class Calls {
  private readonly parts: CallParts;
  /** By its metadata: of what a call has, an interceptor and a handler both see that alone. */
  private readonly variables = new WeakMap<Metadata, CallVariables>();

  constructor(parts: CallParts) {
    this.parts = parts;
  }

  /** What is known of a call that is being handled. */
  of({ metadata }: { readonly metadata: Metadata }): CallVariables {
    const variables = this.variables.get(metadata);
    if (!variables) throw new Error('the call has not come through the interceptor');
    return variables;
  }

  /**
   * Gives every call an id, one log line and its duration, and turns it away while the server drains. It sees
   * the end of calls that never get to a handler, too: those that are too large, or given up.
   */
  readonly interceptor: ServerInterceptor = ({ path }, call) => {
    const { clock, lifecycle } = this.parts;
    const startedAt = clock.now();
    const deadline = Number(call.getDeadline());
    const allowed = deadline - clock.wallTime();
    let variables: CallVariables | undefined;
    let ended = false;
    const end = (given: status) => {
      if (ended) return;
      ended = true;
      if (variables && given !== status.OK) {
        variables.code ??= causeOf(given, variables.answered);
      }
      this.endCall(path, given, startedAt, variables);
    };
    watchStatus(call, (given) => {
      end(given.code);
      return { ...given, ...decorate(given, variables) };
    });
    return new ServerInterceptingCall(call, {
      start: (next) =>
        next({
          onReceiveMetadata: (metadata, pass) => {
            const draining = lifecycle.draining && path !== LIVE_PATH;
            variables = readMetadata(metadata, startedAt, path === INFER_PATH && !draining);
            this.variables.set(metadata, variables);
            if (!draining) return pass(metadata);
            const error = new AppError('shutting_down', 'the server is shutting down');
            variables.code = error.code;
            call.sendStatus(toStatus(error));
          },
          // Comes after every end. Nothing was answered when it is the first to tell of it.
          onCancel: () => {
            const late = isLate(deadline - clock.wallTime(), allowed);
            end(late ? status.DEADLINE_EXCEEDED : status.CANCELLED);
          },
        }),
    });
  };

  private endCall(
    path: string,
    given: status,
    startedAt: number,
    variables: CallVariables | undefined,
  ): void {
    const seconds = (this.parts.clock.now() - startedAt) / 1000;
    const method = path.slice(path.lastIndexOf('/') + 1);
    const { code, prediction } = variables ?? {};
    this.report(variables, { method, status: given, seconds, code, prediction }, 'call');
  }

  /** Tells telemetry of a prediction that ended, and the log of whatever did. */
  report(variables: CallVariables | undefined, ending: Ending, message: string): void {
    const { method, seconds, code, prediction } = ending;
    const { observer, requestLog } = this.parts;
    if (code) observer.failed(code);
    if (prediction) observer.predictionEnded({ prediction, code, seconds });
    const { requestId, trace, spanId } = variables ?? {};
    const succeeded = ending.status === status.OK;
    requestLog.write(
      { method, grpc_status: status[ending.status] },
      { requestId, trace, spanId, seconds, succeeded, code, prediction },
      message,
    );
  }
}

/**
 * Sees every status that a call ends with. The library sends those of its own, as for a message that is too
 * large, past all interceptors, but through this method of the call like any other.
 */
function watchStatus(call: ServerInterceptingCallInterface, watch: (given: Status) => Status) {
  const send = call.sendStatus.bind(call);
  call.sendStatus = (given) => send(watch(given));
}

/**
 * Whether a call that its client gave up had come to its deadline. Its client mostly finds out first, the more so
 * as it rounds up the time that it sends: C's by a hundredth.
 */
function isLate(remainingMs: number, allowedMs: number): boolean {
  return remainingMs <= 50 + (Number.isFinite(allowedMs) ? allowedMs / 100 : 0);
}
