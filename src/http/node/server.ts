import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { getRequestListener, type HttpBindings } from '@hono/node-server';
import type { Context } from 'hono';
import type { Config } from '../../config.ts';
import { AppError, type ErrorCode } from '../../errors.ts';
import type { Logger } from '../../log.ts';
import { bareHeaders } from '../answer.ts';
import { describeError } from '../error-body.ts';
import { Connections } from './connections.ts';
import { Exchanges } from './exchanges.ts';
import { answerMalformed } from './malformed.ts';

export interface NodeServerParts {
  readonly fetch: (request: Request, env: HttpBindings) => Response | Promise<Response>;
  readonly config: Pick<
    Config,
    | 'BODY_TIMEOUT_MS'
    | 'HEADER_TIMEOUT_MS'
    | 'IDLE_TIMEOUT_MS'
    | 'MAX_CONNECTIONS'
    | 'MAX_HEADER_BYTES'
    | 'REQUEST_TIMEOUT_MS'
  >;
  readonly log: Logger;
  /** Hears of what is answered with an error ahead of the app. */
  readonly failed: (code: ErrorCode) => void;
}

/** Slow clients are looked for so often. */
const CHECK_INTERVAL_MS = 500;
/** What still runs is looked for so often while the server drains. */
const DRAIN_INTERVAL_MS = 10;

/** The app on a socket, within its limits on what comes from there. */
export class NodeServer {
  readonly connections: Connections;
  private readonly server: Server;
  private readonly log: Logger;

  constructor({ fetch, config, log, failed }: NodeServerParts) {
    const listener = (hostname?: string) =>
      getRequestListener((request, env) => fetch(request, env as HttpBindings), {
        ...(hostname !== undefined && { hostname }),
        errorHandler: (error) => answerFault(error, { log, failed }),
      });
    const answer = listener();
    // HTTP/1.0 needs no Host, and health checks of load balancers still speak it.
    const answerWithoutHost = listener('localhost');
    const handle = (incoming: IncomingMessage, outgoing: ServerResponse) => {
      if (!isSound(incoming)) incoming.headers.host = NO_HOST;
      void (incoming.httpVersion === '1.0' ? answerWithoutHost : answer)(incoming, outgoing);
    };
    const { HEADER_TIMEOUT_MS, BODY_TIMEOUT_MS, IDLE_TIMEOUT_MS } = config;
    this.log = log;
    this.server = createServer(
      {
        maxHeaderSize: config.MAX_HEADER_BYTES,
        headersTimeout: HEADER_TIMEOUT_MS,
        // For bodies that nobody reads; of others their reader sees to it.
        requestTimeout: HEADER_TIMEOUT_MS + BODY_TIMEOUT_MS + CHECK_INTERVAL_MS,
        keepAliveTimeout: IDLE_TIMEOUT_MS,
        connectionsCheckingInterval: CHECK_INTERVAL_MS,
        // One that is missing is answered like every other fault, and not by Node itself.
        requireHostHeader: false,
      },
      handle,
    );
    // What a client expects beside 100-continue may be passed over (RFC 9110, 10.1.1).
    this.server.on('checkExpectation', handle);
    const exchanges = new Exchanges(this.server);
    // Who waits for an answer is silent for as long as that takes; who does not read it, or has none to wait for, goes.
    this.server.setTimeout(config.REQUEST_TIMEOUT_MS + BODY_TIMEOUT_MS, (socket) => {
      if (!exchanges.owes(socket) || socket.writableLength > 0) socket.destroy();
    });
    this.connections = new Connections(this.server, config.MAX_CONNECTIONS, failed);
    answerMalformed(this.server, { exchanges, log, failed });
  }

  /**
   * Keeps predictions from what must always be answered, where there are too many connections.
   *
   * @throws AppError too_many_connections
   */
  admit(c: Context<{ Bindings: HttpBindings }>): void {
    this.connections.admit(c.env.incoming.socket);
  }

  /**
   * @param port 0 takes a free one
   * @returns the port
   * @throws whatever keeps it from listening
   */
  listen(port: number, hostname: string): Promise<number> {
    return new Promise((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(port, hostname, () => {
        this.server.off('error', reject);
        const address = this.server.address();
        resolve(typeof address === 'object' && address ? address.port : port);
      });
    });
  }

  /**
   * Goes on answering until nothing is under way, and then takes no more connections. So whoever comes meanwhile is
   * told that the server goes, and not that there is none.
   *
   * @param isBusy whether something is under way
   * @param graceMs how long that may take; connections are cut then
   */
  async stop(isBusy: () => boolean, graceMs: number): Promise<void> {
    const cut = setTimeout(() => {
      this.log.warn({}, 'shutdown took too long; connections are cut');
      void this.close();
      this.server.closeAllConnections();
    }, graceMs);
    while (isBusy() && this.server.listening) {
      await new Promise((resolve) => setTimeout(resolve, DRAIN_INTERVAL_MS));
    }
    await this.close();
    clearTimeout(cut);
  }

  private close(): Promise<void> {
    return new Promise((resolve) => {
      this.server.close(() => resolve());
      this.server.closeIdleConnections();
    });
  }
}

/** What the adapter takes for no host, and refuses. */
const NO_HOST = '/';

/** Whether a request speaks a version that is known here, and names its host at most once (RFC 9112, 3.2). */
function isSound({ httpVersion, rawHeaders }: IncomingMessage): boolean {
  if (httpVersion !== '1.1' && httpVersion !== '1.0') return false;
  let hosts = 0;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] as string;
    if (name.length === 4 && name.toLowerCase() === 'host') hosts++;
  }
  return hosts <= 1;
}

/** Answers a request that the adapter cannot make one of: what it throws says why in words of its own. */
function answerFault(
  error: unknown,
  { log, failed }: Pick<NodeServerParts, 'log' | 'failed'>,
): Response {
  const isRequests = error instanceof Error && error.name === 'RequestError';
  if (isRequests) log.info({ code: 'bad_request', reason: error.message }, 'malformed');
  else log.error({ code: 'internal', err: error }, 'failed');
  const shown = isRequests
    ? new AppError('bad_request', 'the URL, the Host header or the version of HTTP is not one')
    : new AppError('internal', 'the server failed; its log has the reason');
  failed(shown.code);
  const { status, body } = describeError(shown);
  return Response.json(body, { status, headers: { ...bareHeaders(), Connection: 'close' } });
}
