import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { deserialize } from 'prometheus-remote-write';
import { uncompress } from 'snappyjs';

/** A series of a request that a receiver has taken, flattened. */
export interface ReceivedSample {
  /** `name{a="1",b="2"}`, labels in the order in which they came. */
  readonly series: string;
  readonly value: number;
  readonly timestamp: number;
}

export interface ReceivedRequest {
  readonly headers: IncomingMessage['headers'];
  readonly samples: readonly ReceivedSample[];
  /** The WriteRequest as it was before compression. */
  readonly message: Uint8Array;
  /** What the receiver answered; undefined when it did not. */
  status?: number;
}

/** How a receiver answers: by writing to the response, or by never doing so. */
export type Answer = (response: ServerResponse, request: ReceivedRequest) => void;

export const accept: Answer = (response) => response.writeHead(204).end();

/**
 * A remote-write receiver that keeps what it is sent, and holds every request against what a sender has to
 * keep to (Prometheus remote write 1.0): what breaks a rule is listed in `violations`.
 */
export class Receiver {
  readonly requests: ReceivedRequest[] = [];
  readonly violations: string[] = [];
  /** Replaced by a test to make the receiver behave differently. */
  answer: Answer = accept;
  private readonly server = createServer((request, response) => {
    void this.handle(request, response);
  });
  private readonly lastTimes = new Map<string, number>();
  private underWay = 0;

  private port = 0;

  /** Listens on a free port, and after a stop on the same one again. */
  async start(): Promise<void> {
    this.server.listen(this.port, '127.0.0.1');
    await once(this.server, 'listening');
    this.port = (this.server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/api/v1/write`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  /** The samples of every request that was answered with 2xx, in the order of arrival. */
  accepted(): ReceivedSample[] {
    return this.requests
      .filter(({ status = 0 }) => status >= 200 && status < 300)
      .flatMap(({ samples }) => samples);
  }

  /** The last accepted value of a series; NaN counts as one. */
  last(series: string): number | undefined {
    return this.accepted().findLast((sample) => sample.series === series)?.value;
  }

  private async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (++this.underWay > 1) this.violations.push('two requests at once');
    response.on('close', () => this.underWay--);
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const message = uncompress(new Uint8Array(Buffer.concat(chunks)));
    const samples = await this.decode(message);
    const received: ReceivedRequest = { headers: request.headers, samples, message };
    this.checkHeaders(request);
    this.requests.push(received);
    response.on('finish', () => {
      received.status = response.statusCode;
      if (response.statusCode < 300) this.checkTimes(samples);
    });
    this.answer(response, received);
  }

  private checkHeaders({ method, headers }: IncomingMessage): void {
    const required = {
      'content-encoding': 'snappy',
      'content-type': 'application/x-protobuf',
      'x-prometheus-remote-write-version': '0.1.0',
    };
    for (const [name, value] of Object.entries(required)) {
      if (headers[name] !== value) this.violations.push(`${name}: ${String(headers[name])}`);
    }
    if (!/^kilat\/\d/.test(headers['user-agent'] ?? '')) this.violations.push('user-agent');
    if (method !== 'POST') this.violations.push(`method ${method}`);
  }

  private async decode(message: Uint8Array): Promise<ReceivedSample[]> {
    const { timeseries } = await deserialize(message);
    return timeseries.flatMap(({ labels, samples }) => {
      const names = labels.map(({ name }) => name);
      const sorted = [...new Set(names)].sort();
      if (names.join() !== sorted.join()) this.violations.push(`label order: ${names.join()}`);
      if (!names.includes('__name__')) this.violations.push('a series without a name');
      for (const { name, value } of labels) {
        if (value === '') this.violations.push(`empty label ${name}`);
        if (!/^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name)) this.violations.push(`label name ${name}`);
      }
      const name = labels.find((label) => label.name === '__name__')?.value ?? '';
      if (!/^[a-zA-Z_:][a-zA-Z0-9_:]*$/.test(name)) this.violations.push(`metric name ${name}`);
      const rest = labels.filter((label) => label.name !== '__name__');
      const series = `${name}{${rest.map((label) => `${label.name}="${label.value}"`).join(',')}}`;
      return samples.map(({ value, timestamp }) => ({
        series,
        value,
        timestamp: Number(timestamp),
      }));
    });
  }

  private checkTimes(samples: readonly ReceivedSample[]): void {
    for (const { series, timestamp } of samples) {
      const last = this.lastTimes.get(series) ?? 0;
      if (timestamp <= last) this.violations.push(`${series}: ${timestamp} after ${last}`);
      this.lastTimes.set(series, timestamp);
    }
  }
}

export async function startReceiver(): Promise<Receiver> {
  const receiver = new Receiver();
  await receiver.start();
  return receiver;
}
