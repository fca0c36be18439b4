import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { type Answer, AnswerParser } from './answer-parser.ts';

/** How a connection ended before an answer was whole. */
export type Cut =
  /** By the server, ahead of the first byte of an answer. */
  | 'unanswered'
  /** By the server, within an answer. */
  | 'midway'
  /** By this side. */
  | 'self'
  /** Not at all, in the time that was given. */
  | 'overdue';

/** A connection of which everything is in the hands of the test: what it sends, whether it reads, and how it ends. */
export class Wire {
  /** What was sent back that is no HTTP. */
  fault: string | undefined;
  /** Answers that were taken. */
  taken = 0;
  private readonly socket: Socket;
  private readonly parser = new AnswerParser();
  private readonly answers: Answer[] = [];
  private endedBySelf = false;
  private isOver = false;
  private wake: () => void = () => {};

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (chunk: Buffer) => this.take(chunk));
    // What went wrong shows in what is missing.
    socket.on('error', () => {});
    socket.on('close', () => {
      this.isOver = true;
      this.wake();
    });
  }

  /** @throws Error when nobody listens */
  static async connect(port: number): Promise<Wire> {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    await once(socket, 'connect');
    return new Wire(socket);
  }

  get isOpen(): boolean {
    return !this.isOver && this.socket.writable && !this.socket.readableEnded;
  }

  write(bytes: Uint8Array | string): void {
    // A closed socket shows in the answer that never comes.
    if (this.socket.writable) this.socket.write(bytes);
  }

  /** The next whole answer, or why there is none. */
  async answer(patienceMs: number): Promise<Answer | Cut> {
    const deadline = performance.now() + patienceMs;
    for (;;) {
      const answer = this.answers.shift();
      if (answer) {
        this.taken++;
        return answer;
      }
      if (this.isOver) {
        if (this.endedBySelf) return 'self';
        return this.parser.isMidway ? 'midway' : 'unanswered';
      }
      const left = deadline - performance.now();
      if (left <= 0) return 'overdue';
      await this.event(left);
    }
  }

  /** Until the connection is over, or the time is. */
  async over(patienceMs: number): Promise<boolean> {
    const deadline = performance.now() + patienceMs;
    while (!this.isOver && performance.now() < deadline) {
      await this.event(deadline - performance.now());
    }
    return this.isOver;
  }

  /** Whether at least one byte of an answer has come and nobody has taken it. */
  get hasBegun(): boolean {
    return this.parser.isMidway || this.answers.length > 0;
  }

  stopReading(): void {
    this.socket.pause();
  }

  goOnReading(): void {
    this.socket.resume();
  }

  /** Sends no more, and reads on. */
  halfClose(): void {
    this.socket.end();
  }

  close(): void {
    this.endedBySelf = true;
    this.socket.destroy();
  }

  /** Ends with a reset, as a process that has crashed does. */
  reset(): void {
    this.endedBySelf = true;
    this.socket.resetAndDestroy();
  }

  private event(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  private take(chunk: Buffer): void {
    try {
      this.answers.push(...this.parser.push(chunk));
    } catch (error) {
      this.fault = error instanceof Error ? error.message : String(error);
      this.socket.destroy();
    }
    this.wake();
  }
}
