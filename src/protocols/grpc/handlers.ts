import type { handleUnaryCall, ServerUnaryCall } from '@grpc/grpc-js';
import type { Access } from '../../http/access.ts';
import type { Logger } from '../../log.ts';
import { authorizationOf } from './call-variables.ts';
import type { Calls } from './calls.ts';
import type { Infer } from './infer.ts';
import type { ModelInferRequest, ModelInferResponse } from './messages.ts';
import { shownError, toStatus } from './status.ts';

/** Answers a call of one request. */
export type Answer<Request, Response> = (
  request: Request,
  call: ServerUnaryCall<Request, Response>,
) => Response | Promise<Response>;

/** Makes a handler of what answers or throws. */
export function unary<Request, Response>(
  calls: Calls,
  log: Logger,
  answer: Answer<Request, Response>,
): handleUnaryCall<Request, Response> {
  return async function handle(call, respond) {
    const variables = calls.of(call);
    try {
      const response = await answer(call.request, call);
      variables.answered = true;
      respond(null, response);
    } catch (error) {
      const shown = shownError(error, variables.requestId, log);
      variables.code = shown.code;
      respond(toStatus(shown));
    }
  };
}

/** ModelInfer: as long as its call goes on. */
export function inferOnce(
  calls: Calls,
  access: Access,
  infer: Infer,
): Answer<ModelInferRequest, ModelInferResponse> {
  return async (request, call) => {
    await access.check('predictions', authorizationOf(call));
    const { prediction, startedAt, trace } = calls.of(call);
    return infer(request, {
      note: prediction ?? { protocol: 'grpc' },
      startedAt,
      trace,
      deadline: Number(call.getDeadline()),
      isGone: () => call.cancelled,
    });
  };
}
