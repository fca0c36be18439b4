import { BROKEN, Connection } from './connection.ts';

/** The server closes what was idle for 5 s, and says so in Keep-Alive: what is older than this is not used again. */
const LONGEST_IDLE_MS = 4000;

export interface ConnectionsOptions {
  /** Whether every kept one is used in its turn; else as few as will do, and the server closes what is left over. */
  readonly inTurn?: boolean;
  /** How many are kept at most: a request for which none is free waits then, and that is time that it takes. */
  readonly most?: number;
}

/** Connections to one server: kept ones, as many as are needed, and others for one request. */
export class Connections {
  /** Why requests had no answer, for a person. */
  readonly faults: string[] = [];
  private readonly port: number;
  private readonly most: number;
  private readonly next: 'shift' | 'pop';
  /** In the order in which they became idle. */
  private readonly idle: Connection[] = [];
  private readonly waiting: ((connection: Connection) => void)[] = [];
  private kept = 0;

  constructor(port: number, { inTurn = false, most = Infinity }: ConnectionsOptions = {}) {
    this.port = port;
    this.most = most;
    this.next = inTurn ? 'shift' : 'pop';
  }

  /** Opens so many, and waits until the server has taken them all, each with an answer to a request. */
  async open(count: number, request: Uint8Array): Promise<void> {
    await Promise.all(Array.from({ length: count }, () => this.send(request)));
  }

  /** Sends a request on a kept connection, or a new one that is kept then. Never rejects. */
  async send(request: Uint8Array): Promise<string> {
    const connection = this.takeIdle() ?? (await this.takeOther());
    const outcome = await this.sendOn(connection, request);
    if (outcome === BROKEN) this.drop(connection);
    else this.keep(connection);
    return outcome;
  }

  /** Sends a request on a connection of its own. */
  async sendAlone(request: Uint8Array): Promise<string> {
    const connection = new Connection(this.port);
    const outcome = await this.sendOn(connection, request);
    connection.close();
    return outcome;
  }

  /**
   * Sends a part of a request, and goes after a while without having seen an answer.
   *
   * @param outcome what it gives when it went
   */
  async abandon(part: Uint8Array, afterMs: number, outcome: string): Promise<string> {
    const connection = new Connection(this.port);
    if (!(await connection.opens())) return BROKEN;
    let gone = false;
    const timer = setTimeout(() => {
      gone = true;
      connection.close();
    }, afterMs);
    const seen = await connection.send(part);
    clearTimeout(timer);
    connection.close();
    return gone ? outcome : seen;
  }

  close(): void {
    for (const connection of this.idle.splice(0)) connection.close();
  }

  private async sendOn(connection: Connection, request: Uint8Array): Promise<string> {
    const { idleSince } = connection;
    const start = performance.now();
    const outcome = await connection.send(request);
    if (outcome === BROKEN) {
      const after = (performance.now() - start).toFixed(0);
      const idle =
        idleSince === undefined ? 'new' : `idle for ${(start - idleSince).toFixed(0)} ms`;
      this.faults.push(`${connection.fault} after ${after} ms, on a connection that was ${idle}`);
    }
    return outcome;
  }

  private takeIdle(): Connection | undefined {
    const since = performance.now() - LONGEST_IDLE_MS;
    for (let next = this.idle[this.next](); next; next = this.idle[this.next]()) {
      if (next.isOpen && (next.idleSince ?? since) >= since) return next;
      next.close();
      this.kept--;
    }
    return undefined;
  }

  /** A new connection, or the next to be free when there may be no more. */
  private takeOther(): Connection | Promise<Connection> {
    if (this.kept >= this.most) return new Promise((resolve) => this.waiting.push(resolve));
    this.kept++;
    return new Connection(this.port);
  }

  private keep(connection: Connection): void {
    connection.idleSince = performance.now();
    const waiter = this.waiting.shift();
    if (waiter) waiter(connection);
    else this.idle.push(connection);
  }

  private drop(connection: Connection): void {
    connection.close();
    const waiter = this.waiting.shift();
    if (waiter) waiter(new Connection(this.port));
    else this.kept--;
  }
}
