import { type IncomingMessage, type Server, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { AppError, type ErrorCode } from '../../errors.ts';
import type { Logger } from '../../log.ts';
import { bareHeaders } from '../answer.ts';
import { arrivedTooSlowly } from '../deadline.ts';
import { describeError } from '../error-body.ts';
import type { Exchanges } from './exchanges.ts';

/** How long a client has to read the answer before its connection is cut. */
const LONGEST_FAREWELL_MS = 500;

/**
 * Answers what never gets to be a request, since it is no HTTP, too large or too slow, in the form of every other error.
 *
 * @param failed hears of each
 */
export function answerMalformed(
  server: Server,
  parts: { exchanges: Exchanges; log: Logger; failed: (code: ErrorCode) => void },
): void {
  const { exchanges, log, failed } = parts;
  const refuse = (socket: Duplex, refusal: AppError, reason: string | undefined) => {
    failed(refusal.code);
    log.info({ code: refusal.code, reason }, 'malformed');
    farewell(socket, refusal);
  };
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Duplex) => {
    const { request, response } = exchanges.of(socket) ?? {};
    if (error.code === 'ECONNRESET' || !socket.writable) {
      socket.destroy();
    } else if (!request || !response || (request.complete && response.writableFinished)) {
      refuse(socket, describeFault(error), error.code);
    } else if (request.complete) {
      // What came before it is answered first.
      response.once('close', () => refuse(socket, describeFault(error), error.code));
    } else if (response.headersSent) {
      // The rest of a request that has its answer.
      socket.destroy();
    } else if (request.method === 'POST') {
      // Its handler finds its body broken off, and tells of it.
      farewell(socket, describeFault(error));
    } else {
      refuse(socket, describeFault(error), error.code);
    }
  });
  server.on('connect', (_request: IncomingMessage, socket: Duplex) => {
    refuse(socket, new AppError('bad_request', 'this server is no proxy'), 'CONNECT');
  });
}

/** The last answer on a connection. */
function farewell(socket: Duplex, refusal: AppError): void {
  if (!socket.writable) return;
  socket.end(toMessage(refusal));
  setTimeout(() => socket.destroy(), LONGEST_FAREWELL_MS).unref();
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
