import { status } from '@grpc/grpc-js';
import { AppError, type ErrorCode } from '../../errors.ts';
import type { Logger } from '../../log.ts';

/** The status of gRPC that stands for each error. */
const STATUSES: Readonly<Record<ErrorCode, status>> = {
  bad_json: status.INVALID_ARGUMENT,
  bad_request: status.INVALID_ARGUMENT,
  too_deep: status.INVALID_ARGUMENT,
  bad_shape: status.INVALID_ARGUMENT,
  bad_datatype: status.INVALID_ARGUMENT,
  bad_feature: status.INVALID_ARGUMENT,
  unsupported_media_type: status.INVALID_ARGUMENT,
  bad_model: status.INVALID_ARGUMENT,
  unauthorized: status.UNAUTHENTICATED,
  forbidden: status.PERMISSION_DENIED,
  not_found: status.NOT_FOUND,
  model_not_found: status.NOT_FOUND,
  version_not_found: status.NOT_FOUND,
  method_not_allowed: status.UNIMPLEMENTED,
  body_too_large: status.RESOURCE_EXHAUSTED,
  too_many_rows: status.RESOURCE_EXHAUSTED,
  too_many_values: status.RESOURCE_EXHAUSTED,
  url_too_long: status.RESOURCE_EXHAUSTED,
  headers_too_large: status.RESOURCE_EXHAUSTED,
  rate_limited: status.RESOURCE_EXHAUSTED,
  request_timeout: status.DEADLINE_EXCEEDED,
  cancelled: status.CANCELLED,
  inference_failed: status.INTERNAL,
  internal: status.INTERNAL,
  not_ready: status.UNAVAILABLE,
  overloaded: status.UNAVAILABLE,
  too_many_connections: status.UNAVAILABLE,
  shutting_down: status.UNAVAILABLE,
  timeout: status.DEADLINE_EXCEEDED,
};

/** @param code why a call failed; undefined when it did not */
export function statusOf(code: ErrorCode | undefined): status {
  return code === undefined ? status.OK : STATUSES[code];
}

/** An error as a call ends with it. */
export function toStatus({ code, message }: AppError) {
  return { code: STATUSES[code], details: message };
}

/** Why a call failed to which the library itself gave its status: one that was not answered, or had been already. */
export function causeOf(given: status, answered = false): ErrorCode {
  switch (given) {
    case status.CANCELLED:
      return 'cancelled';
    case status.DEADLINE_EXCEEDED:
      return 'timeout';
    case status.RESOURCE_EXHAUSTED:
      return 'body_too_large';
    default:
      // A message that cannot be decoded, or none; else an answer that cannot be sent.
      return answered ? 'internal' : 'bad_request';
  }
}

/**
 * What a caller may see of what was thrown. What is not an AppError becomes `internal`, and the reason of that
 * goes to the log alone, as over HTTP.
 */
export function shownError(error: unknown, requestId: string, log: Logger): AppError {
  const shown =
    error instanceof AppError
      ? error
      : new AppError('internal', 'the server failed; its log has the reason', { cause: error });
  if (shown.status === 500) {
    log.error({ request_id: requestId, code: shown.code, err: shown.cause ?? shown }, 'failed');
  }
  return shown;
}
