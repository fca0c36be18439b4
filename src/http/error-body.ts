import type { Context } from 'hono';
import { AppError, ERRORS } from '../errors.ts';
import type { Logger } from '../log.ts';
import { answerJson } from './answer.ts';

/** Seconds after which a caller that was turned away may try again. */
const RETRY_AFTER_SECONDS = '1';

/**
 * Turns whatever was thrown into the one form of error answer: `{"error": message, "code": code}`. What is
 * not an AppError is logged and answered as `internal`, without a word of what it was.
 */
export function errorBody(log: Logger) {
  return (error: Error, c: Context): Response => {
    const shown =
      error instanceof AppError
        ? error
        : new AppError('internal', 'the server failed; its log has the reason', { cause: error });
    if (shown.status === 500) {
      log.error(
        { request_id: c.get('requestId'), code: shown.code, err: shown.cause ?? shown },
        'failed',
      );
    }
    const { status, body, headers } = describeError(shown);
    return answerJson(c, body, status, headers);
  };
}

/** The status, body and headers of an error's answer. */
export function describeError({ code, message, status, headers }: AppError) {
  const retry = ERRORS[code].retryable ? { 'Retry-After': RETRY_AFTER_SECONDS } : undefined;
  return { status, body: { error: message, code }, headers: { ...retry, ...headers } };
}
