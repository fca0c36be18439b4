import { ServerError } from './server.ts';

/** What went wrong, for the person in front of the page. */
export function messageOf(error: unknown): string {
  if (error instanceof ServerError && error.code === 'unreachable') {
    return 'The server does not answer. Is it running?';
  }
  return error instanceof Error ? error.message : String(error);
}
