import { AnswerError } from './server.ts';
import { OversizeError } from './wire.ts';

/** What commands that ask for predictions say of it in their help. */
export const TOKEN_HELP =
  'API_TOKEN of the environment goes along, for a server that asks for a token.';

const FEWER_ROWS = 'send fewer rows with --rows';

/**
 * Says what to do about what every other request would meet as well.
 *
 * @returns undefined for what may be otherwise the next time
 */
export function explainRefusal(error: unknown): string | undefined {
  if (error instanceof OversizeError) return `${error.message}: ${FEWER_ROWS}`;
  if (!(error instanceof AnswerError)) return undefined;
  const { status, message } = error;
  switch (status) {
    case 401:
    case 403:
      return explainToken(error, 'predictions', 'API_TOKEN');
    case 404:
    case 405:
      return message;
    case 413:
      return `${message}: ${FEWER_ROWS}`;
    default:
      return undefined;
  }
}

/**
 * Says which variable has to have another token.
 *
 * @param error 401 or 403
 * @param what is asked for
 * @param has the token that was sent, where one was
 */
export function explainToken(
  { status, code, message }: AnswerError,
  what: string,
  variable: 'API_TOKEN' | 'METRICS_TOKEN',
  has: string | undefined = process.env[variable],
): string {
  // Of a token of another scope the server says more than its code does.
  const why = status === 403 ? message : code;
  return has
    ? `${why}: the server wants another token for ${what} than ${variable} has`
    : `${why}: the server wants a token for ${what}: set ${variable} to it`;
}
