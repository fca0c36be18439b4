import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { NodeTarget } from './targets.ts';

/** A connection on which a test says exactly what it likes. */
export class RawSocket {
  readonly socket: Socket;
  private received = '';
  private readonly closed: Promise<unknown>;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.setEncoding('latin1');
    socket.on('data', (text: string) => {
      this.received += text;
    });
    socket.on('error', () => {});
    this.closed = once(socket, 'close');
  }

  static async open({ url }: Pick<NodeTarget, 'url'>): Promise<RawSocket> {
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    await once(socket, 'connect');
    return new RawSocket(socket);
  }

  send(...lines: string[]): this {
    this.socket.write(lines.join('\r\n'), 'latin1');
    return this;
  }

  /** All that comes until the server closes the connection. */
  async untilClosed(): Promise<RawAnswer> {
    await this.closed;
    return parseAnswer(this.received);
  }

  /** The first answer, on a connection that may go on. */
  async answer(): Promise<RawAnswer> {
    while (!isWhole(this.received)) await once(this.socket, 'data');
    return parseAnswer(this.received);
  }
}

export interface RawAnswer {
  /** 0 where nothing came. */
  readonly status: number;
  readonly headers: Headers;
  readonly body: string;
}

function isWhole(text: string): boolean {
  const { headers, body } = parseAnswer(text);
  return headers.has('Content-Length') && body.length >= Number(headers.get('Content-Length'));
}

function parseAnswer(text: string): RawAnswer {
  const [head = '', ...rest] = text.split('\r\n\r\n');
  const [first = '', ...lines] = head.split('\r\n');
  const headers = new Headers(
    lines.map((line): [string, string] => {
      const [name = '', ...value] = line.split(': ');
      return [name, value.join(': ')];
    }),
  );
  return { status: Number(first.split(' ')[1] ?? 0), headers, body: rest.join('\r\n\r\n') };
}
