import type { handleBidiStreamingCall, ServerDuplexStream } from '@grpc/grpc-js';
import type { Clock } from '../../clock.ts';
import { AppError, type ErrorCode } from '../../errors.ts';
import type { Access } from '../../http/access.ts';
import type { PredictionNote } from '../../http/observe.ts';
import type { Logger } from '../../log.ts';
import { authorizationOf } from './call-variables.ts';
import type { Calls } from './calls.ts';
import type { Infer } from './infer.ts';
import type { ModelInferRequest, ModelStreamInferResponse } from './messages.ts';
import { shownError, statusOf, toStatus } from './status.ts';

export interface StreamParts {
  readonly calls: Calls;
  readonly access: Access;
  readonly infer: Infer;
  readonly clock: Clock;
  readonly log: Logger;
  /** Aborted when the server stops. */
  readonly stopping: AbortSignal;
}

type InferStream = ServerDuplexStream<ModelInferRequest, ModelStreamInferResponse>;

/**
 * ModelStreamInfer: one answer to each request, in their order, one after the other. A request that fails leaves
 * the stream open; its answer says why and carries its id.
 */
export function inferMany(
  parts: StreamParts,
): handleBidiStreamingCall<ModelInferRequest, ModelStreamInferResponse> {
  const { access, calls, stopping } = parts;
  return function inferMany(call: InferStream) {
    let answering = false;
    let complete = false;
    const end = (error: AppError) => {
      calls.of(call).code = error.code;
      call.emit('error', toStatus(error));
    };
    // A stream that waits for requests would keep the server for as long as it likes.
    const refuse = () => end(new AppError('shutting_down', 'the server is shutting down'));
    const stop = () => {
      if (!answering) refuse();
    };
    stopping.addEventListener('abort', stop);
    const allowed = access.check('predictions', authorizationOf(call));
    allowed.catch((error: unknown) => end(shownError(error, calls.of(call).requestId, parts.log)));
    call.on('cancelled', () => stopping.removeEventListener('abort', stop));
    call.on('data', (request: ModelInferRequest) => {
      call.pause();
      answering = true;
      const goOn = () => {
        answering = false;
        if (complete) call.end();
        else if (stopping.aborted) refuse();
        else call.resume();
      };
      // Waits until the answer is sent, so that a client which does not read is not read from.
      allowed.then(
        async () => call.write(await answer(parts, call, request), goOn),
        () => {},
      );
    });
    // It comes with the last request, whether or not that has been answered.
    call.on('end', () => {
      complete = true;
      if (!answering) call.end();
    });
  };
}

/** Answers one request of a stream, and reports it as a prediction of its own. */
async function answer(
  { calls, infer, clock, log }: StreamParts,
  call: InferStream,
  request: ModelInferRequest,
): Promise<ModelStreamInferResponse> {
  const variables = calls.of(call);
  const { requestId, trace } = variables;
  const startedAt = clock.now();
  const prediction: PredictionNote = { protocol: 'grpc' };
  const report = (code?: ErrorCode) => {
    const seconds = (clock.now() - startedAt) / 1000;
    const ending = {
      method: 'ModelStreamInfer',
      status: statusOf(code),
      seconds,
      code,
      prediction,
    };
    calls.report(variables, ending, 'streamed');
  };
  try {
    const deadline = Number(call.getDeadline());
    const isGone = () => call.cancelled;
    const asker = { note: prediction, startedAt, trace, deadline, isGone };
    const response = await infer(request, asker);
    report();
    return { infer_response: response };
  } catch (error) {
    const shown = shownError(error, requestId, log);
    // Given up with its stream: whether at its deadline or before is known of that.
    report(shown.code === 'cancelled' ? (variables.code ?? shown.code) : shown.code);
    return { error_message: shown.message, infer_response: { id: request.id } };
  }
}
