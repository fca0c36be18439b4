import { connect, type Socket } from 'node:net';

/** How a request ends that was not answered as a whole. */
export const BROKEN = 'broken';

/**
 * A connection that sends one request at a time and reads of an answer its status and its length: what a client
 * needs to know, at a fraction of the work of `node:http`, since client and server share the machine.
 */
export class Connection {
  /** When it was last answered on; undefined before the first time. */
  idleSince: number | undefined;
  /** Why it broke off. */
  fault = 'closed by the server';
  private readonly socket: Socket;
  private head: Buffer | undefined;
  private missing = 0;
  private status = '';
  private settle: ((outcome: string) => void) | undefined;

  constructor(port: number) {
    this.socket = connect({ port, host: '127.0.0.1', noDelay: true });
    this.socket.on('data', (chunk: Buffer) => this.take(chunk));
    this.socket.on('error', (error: NodeJS.ErrnoException) => {
      this.fault = error.code ?? error.message;
    });
    this.socket.on('close', () => this.end(BROKEN));
  }

  get isOpen(): boolean {
    return !this.socket.destroyed && !this.socket.readableEnded;
  }

  /** Whether it gets as far as the server. */
  opens(): Promise<boolean> {
    return new Promise((resolve) => {
      this.socket.once('connect', () => resolve(true)).once('close', () => resolve(false));
    });
  }

  /** @returns the status, or BROKEN */
  send(request: Uint8Array): Promise<string> {
    return new Promise((resolve) => {
      this.settle = resolve;
      if (this.isOpen) this.socket.write(request);
      else this.end(BROKEN);
    });
  }

  close(): void {
    this.socket.destroy();
  }

  private take(chunk: Buffer): void {
    if (this.status !== '') {
      this.missing -= chunk.byteLength;
    } else {
      const head = this.head ? Buffer.concat([this.head, chunk]) : chunk;
      const end = head.indexOf('\r\n\r\n');
      this.head = end < 0 ? head : undefined;
      if (end < 0) return;
      const text = head.toString('latin1', 0, end);
      const length = /^content-length: (\d+)$/im.exec(text)?.[1];
      if (length === undefined) throw new Error(`an answer without a length: ${text}`);
      this.status = text.slice(9, 12);
      this.missing = Number(length) - (head.byteLength - end - 4);
    }
    if (this.missing <= 0) this.end(this.status);
  }

  private end(outcome: string): void {
    const { settle } = this;
    this.settle = undefined;
    this.status = '';
    settle?.(outcome);
  }
}
