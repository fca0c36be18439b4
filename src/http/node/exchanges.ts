import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';

/** A request and its answer. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/** The latest request of each connection, which Node does not tell of where a connection is all there is. */
export class Exchanges {
  private readonly latest = new WeakMap<Duplex, Exchange>();

  constructor(server: Server) {
    server.prependListener('request', (request: IncomingMessage, response: ServerResponse) => {
      this.latest.set(request.socket, { request, response });
    });
  }

  of(socket: Duplex): Exchange | undefined {
    return this.latest.get(socket);
  }

  /** Whether a client waits for an answer that has still to be made. */
  owes(socket: Duplex): boolean {
    const exchange = this.latest.get(socket);
    return exchange !== undefined && !exchange.response.writableEnded;
  }
}
