import { AnswerError } from './server.ts';

/**
 * Says what to do about an answer that every other request would get as well.
 *
 * @returns undefined for what may be otherwise the next time
 */
export function explainRefusal(error: unknown): string | undefined {
  if (!(error instanceof AnswerError)) return undefined;
  const { status, code, message } = error;
  switch (status) {
    case 401:
      return `${code}: ${wantedToken()}`;
    case 403:
      return `${message}: ${wantedToken()}`;
    case 404:
    case 405:
      return message;
    case 413:
      return `${message}: send fewer rows with --rows`;
    default:
      return undefined;
  }
}

function wantedToken(): string {
  return process.env.API_TOKEN
    ? 'the server wants another token for predictions than API_TOKEN has'
    : 'the server wants a token for predictions: set API_TOKEN to it';
}
