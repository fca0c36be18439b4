import { ServerError } from './server.ts';

/** What went wrong, for the person in front of the page. */
export function messageOf(error: unknown): string {
  const isLate = error instanceof DOMException && error.name === 'TimeoutError';
  if (isLate || (error instanceof ServerError && error.code === 'unreachable')) {
    return 'The server does not answer. Is it running?';
  }
  if (error instanceof ServerError && error.code === 'unauthorized' && !error.hadToken) {
    return 'The server asks for a token: enter it above.';
  }
  return error instanceof Error ? error.message : String(error);
}

/** The server counts the rows of a request from 0; people count those that they gave it from 1. */
export function countRowsFromOne(message: string): string {
  return message.replace(/^row (\d+)(?=[,:])/, (_, row: string) => `row ${Number(row) + 1}`);
}
