import { type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { AppError, type ErrorCode } from '../../errors.ts';
import type { Logger } from '../../log.ts';
import { bareHeaders } from '../answer.ts';
import { arrivedTooSlowly } from '../deadline.ts';
import { describeError } from '../error-body.ts';

/** How long a client has to read the answer before its connection is cut. */
const LONGEST_FAREWELL_MS = 500;

/**
 * Answers what never gets to be a request, since it is no HTTP, too large or too slow, in the form of every other error.
 *
 * @param failed hears of each
 */
export function answerMalformed(
  server: Server,
  { log, failed }: { log: Logger; failed: (code: ErrorCode) => void },
): void {
  const answering = new WeakMap<Duplex, ServerResponse>();
  server.prependListener('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
    answering.set(socket, response);
  });
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Duplex) => {
    const response = answering.get(socket);
    const isUnderWay = response !== undefined && !response.writableFinished;
    if (error.code === 'ECONNRESET' || !socket.writable || (isUnderWay && response.headersSent)) {
      socket.destroy();
      return;
    }
    const refusal = describeFault(error);
    // Of a request whose body turns out to be no HTTP, its own handler tells.
    if (!isUnderWay) {
      failed(refusal.code);
      log.info({ code: refusal.code, reason: error.code }, 'malformed');
    }
    socket.end(toMessage(refusal));
    setTimeout(() => socket.destroy(), LONGEST_FAREWELL_MS).unref();
  });
}

function describeFault({ code }: NodeJS.ErrnoException): AppError {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return new AppError('headers_too_large', 'the URL and headers are too large');
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return new AppError('bad_request', 'the extensions of a chunk are too large');
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return arrivedTooSlowly();
    default:
      return new AppError('bad_request', 'the request is not HTTP/1.1');
  }
}

/** An answer as it travels, for where there is no response to write it with. */
function toMessage(error: AppError): string {
  const { status, body, headers } = describeError(error);
  const text = JSON.stringify(body);
  const lines = Object.entries({
    'Content-Type': 'application/json',
    'Content-Length': new TextEncoder().encode(text).byteLength,
    ...bareHeaders(),
    ...headers,
    Connection: 'close',
  }).map(([name, value]) => `${name}: ${value}`);
  return [`HTTP/1.1 ${status} ${STATUS_CODES[status]}`, ...lines, '', text].join('\r\n');
}
