import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { AppError, type ErrorCode } from '../../errors.ts';

/** Connections beyond the bound that are still taken, so that health and metrics can be asked under any load. */
const RESERVED = 64;

/**
 * Counts the connections of a server, and keeps them within a bound.
 *
 * A few beyond it are taken, for one request each, which may be anything but a prediction; the rest are closed at once.
 */
export class Connections {
  private readonly max: number;
  /** Those beyond the bound. */
  private readonly excess = new WeakSet<Socket>();
  private open = 0;

  /** @param failed hears of each connection that is closed at once */
  constructor(server: Server, max: number, failed: (code: ErrorCode) => void) {
    this.max = max;
    server.maxConnections = max + RESERVED;
    server.on('drop', () => failed('too_many_connections'));
    server.on('connection', (socket: Socket) => {
      this.open++;
      if (this.open > max) this.excess.add(socket);
      socket.once('close', () => this.open--);
    });
    server.prependListener('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
      if (this.excess.has(socket)) response.shouldKeepAlive = false;
    });
  }

  get count(): number {
    return this.open;
  }

  /** @throws AppError too_many_connections for a request that came beyond the bound */
  admit(socket: Socket): void {
    if (!this.excess.has(socket)) return;
    const message = `${this.max} connections are open already, which is as many as may be`;
    throw new AppError('too_many_connections', message);
  }
}
