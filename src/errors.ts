/** What one error code means to a caller: the status it travels with and whether trying again can help. */
export interface ErrorEntry {
  readonly status:
    | 400
    | 401
    | 403
    | 404
    | 405
    | 408
    | 413
    | 414
    | 415
    | 429
    | 431
    | 500
    | 503
    | 504;
  /** True when the same request may succeed later; such answers carry Retry-After. */
  readonly retryable: boolean;
  readonly meaning: string;
}

/** Every error that leaves the server. docs/errors.md is held to this table by a test. */
export const ERRORS = {
  bad_json: { status: 400, retryable: false, meaning: 'The body is not JSON.' },
  bad_request: {
    status: 400,
    retryable: false,
    meaning: 'The body is JSON of the wrong form, or what came is not HTTP.',
  },
  too_deep: {
    status: 400,
    retryable: false,
    meaning: 'The JSON is nested deeper than MAX_JSON_DEPTH.',
  },
  bad_shape: {
    status: 400,
    retryable: false,
    meaning: 'A row or tensor has the wrong number of values or dimensions.',
  },
  bad_datatype: {
    status: 400,
    retryable: false,
    meaning: 'A value is of the wrong type, or outside what the type can hold.',
  },
  bad_feature: {
    status: 400,
    retryable: false,
    meaning: 'A named feature or input is unknown or missing.',
  },
  bad_model: {
    status: 400,
    retryable: false,
    meaning: 'The model that was to be loaded cannot be; what it served before it still does.',
  },
  unauthorized: {
    status: 401,
    retryable: false,
    meaning: 'The request carries no token, or not one that is accepted.',
  },
  forbidden: {
    status: 403,
    retryable: false,
    meaning: 'The token is good for something else, or loading and unloading models is off.',
  },
  not_found: { status: 404, retryable: false, meaning: 'There is no such endpoint.' },
  model_not_found: { status: 404, retryable: false, meaning: 'There is no model of that name.' },
  version_not_found: {
    status: 404,
    retryable: false,
    meaning: 'The model has no such version.',
  },
  method_not_allowed: {
    status: 405,
    retryable: false,
    meaning: 'The endpoint does not take this method; Allow names those it takes.',
  },
  body_too_large: {
    status: 413,
    retryable: false,
    meaning: 'The body is larger than MAX_BODY_BYTES.',
  },
  too_many_rows: {
    status: 413,
    retryable: false,
    meaning: 'The request holds more rows than MAX_REQUEST_ROWS.',
  },
  too_many_values: {
    status: 413,
    retryable: false,
    meaning: 'A tensor holds more values than MAX_TENSOR_ELEMENTS.',
  },
  url_too_long: {
    status: 414,
    retryable: false,
    meaning: 'The URL is longer than MAX_URL_BYTES.',
  },
  headers_too_large: {
    status: 431,
    retryable: false,
    meaning: 'The headers are larger than MAX_HEADER_BYTES.',
  },
  unsupported_media_type: {
    status: 415,
    retryable: false,
    meaning: 'The content type or encoding is not one the endpoint reads.',
  },
  rate_limited: {
    status: 429,
    retryable: true,
    meaning: 'The client has asked for more predictions than its rate allows.',
  },
  request_timeout: {
    status: 408,
    retryable: false,
    meaning:
      'The request took longer to arrive than HEADER_TIMEOUT_MS, BODY_TIMEOUT_MS or REQUEST_TIMEOUT_MS.',
  },
  cancelled: {
    status: 408,
    retryable: false,
    meaning: 'The client went away while its request waited; it sees no answer.',
  },
  inference_failed: {
    status: 500,
    retryable: false,
    meaning: 'The model accepted the input and its run failed.',
  },
  internal: { status: 500, retryable: false, meaning: 'A fault in the server; the log has it.' },
  not_ready: { status: 503, retryable: true, meaning: 'The model is not loaded; see /readyz.' },
  overloaded: {
    status: 503,
    retryable: true,
    meaning:
      'More waits already than MAX_QUEUE_ROWS, MAX_PENDING_BYTES or MAX_LOOP_DELAY_MS allow.',
  },
  too_many_connections: {
    status: 503,
    retryable: true,
    meaning: 'More connections are open than MAX_CONNECTIONS.',
  },
  shutting_down: {
    status: 503,
    retryable: true,
    meaning: 'The server is finishing what it has accepted and takes nothing new.',
  },
  timeout: {
    status: 504,
    retryable: false,
    meaning:
      'The request was not answered within REQUEST_TIMEOUT_MS, or the time that it set itself.',
  },
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof ERRORS;

/** What anything that was thrown says. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/**
 * A failure that a caller may see: its message is sent as it stands, so it says what was expected and
 * what came, and never holds a path, a secret or a stack. Anything else that is thrown becomes `internal`.
 */
export class AppError extends Error {
  override readonly name = 'AppError';
  readonly code: ErrorCode;
  /** What its answer carries beside the usual headers. */
  readonly headers: Readonly<Record<string, string>> | undefined;

  constructor(
    code: ErrorCode,
    message: string,
    options?: ErrorOptions & { headers?: Readonly<Record<string, string>> },
  ) {
    super(message, options);
    this.code = code;
    this.headers = options?.headers;
  }

  get status(): ErrorEntry['status'] {
    return ERRORS[this.code].status;
  }
}
