import { createHash } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ReceivedRequest, type Receiver, startReceiver } from '../../helpers/receiver.ts';
import { parseSeries, type SeriesValues, seriesName } from '../series.ts';

/** How a receiver can be out of order. */
export const RECEIVER_FAULTS = ['down', 'slow', 'hangs', '500', '429', '400'] as const;
export type ReceiverFault = (typeof RECEIVER_FAULTS)[number];

const SLOW_MS = 300;
/** Longer than REMOTE_WRITE_TIMEOUT_SECONDS: the sender has hung up by then. */
const HANG_MS = 2500;
const COUNTED = /_(?:total|count|sum|bucket)$/;
/** A sample of the very time of the one before: right where the same bytes were sent again. */
const SAME_TIME = /: (\d+) after \1$/;

/** What became of the bytes of a request, however often they came. */
interface Batch {
  readonly samples: number;
  readonly end: 'accepted' | 'rejected';
}

/** A receiver of remote writes that breaks, and keeps of what it has accepted what it comes to in the end. */
export class FaultyReceiver {
  /** The last value of every series, without the labels of its source; what has ended has its last one before that. */
  readonly last: SeriesValues = new Map();
  /** Series whose end was marked. */
  readonly ended = new Set<string>();
  /** Counters that have gone back. */
  readonly backwards: string[] = [];
  /** Requests that were accepted once more, since their sender had given up waiting for the answer. */
  repeated = 0;
  private readonly batches = new Map<string, Batch>();
  private readonly receiver: Receiver;
  private readonly names = new Map<string, { readonly series: string; readonly counts: boolean }>();

  private constructor(receiver: Receiver) {
    this.receiver = receiver;
    this.mend();
  }

  static async start(): Promise<FaultyReceiver> {
    return new FaultyReceiver(await startReceiver());
  }

  get url(): string {
    return this.receiver.url;
  }

  /** What breaks the rules of remote write. */
  get violations(): readonly string[] {
    const { violations } = this.receiver;
    return this.repeated > 0 ? violations.filter((text) => !SAME_TIME.test(text)) : violations;
  }

  /** Samples by what became of them in the end, each once. */
  samples(end: Batch['end']): number {
    const batches = [...this.batches.values()].filter((batch) => batch.end === end);
    return batches.reduce((sum, { samples }) => sum + samples, 0);
  }

  /** Breaks, and gives what mends it again. */
  async break(fault: ReceiverFault): Promise<() => Promise<void>> {
    if (fault === 'down') {
      await this.receiver.stop();
      return () => this.receiver.start();
    }
    this.receiver.answer = (response, request) => {
      this.forget();
      void this.misbehave(fault, response, request);
    };
    return async () => this.mend();
  }

  stop(): Promise<void> {
    return this.receiver.stop();
  }

  private mend(): void {
    this.receiver.answer = (response, request) => {
      this.forget();
      this.accept(response, request);
    };
  }

  /** It would keep every sample of the run. */
  private forget(): void {
    this.receiver.requests.splice(0);
  }

  private async misbehave(
    fault: Exclude<ReceiverFault, 'down'>,
    response: ServerResponse,
    request: ReceivedRequest,
  ): Promise<void> {
    if (fault === 'slow' || fault === 'hangs') {
      await sleep(fault === 'slow' ? SLOW_MS : HANG_MS);
      if (!response.destroyed) this.accept(response, request);
      return;
    }
    const headers = fault === '429' ? { 'Retry-After': '1' } : {};
    if (fault === '400') response.on('finish', () => this.book(request, 'rejected'));
    response.writeHead(Number(fault), headers).end('out of order');
  }

  private accept(response: ServerResponse, request: ReceivedRequest): void {
    response.on('finish', () => {
      if (this.book(request, 'accepted')) this.repeated++;
      for (const { series, value } of request.samples) this.take(series, value);
    });
    response.writeHead(204).end();
  }

  /** @returns whether it has been accepted before */
  private book({ message, samples }: ReceivedRequest, end: Batch['end']): boolean {
    const key = createHash('sha256').update(message).digest('base64');
    const before = this.batches.get(key);
    this.batches.set(key, { samples: samples.length, end });
    return before?.end === 'accepted';
  }

  private take(received: string, value: number): void {
    const { series, counts } = this.nameOf(received);
    if (Number.isNaN(value)) {
      this.ended.add(series);
      return;
    }
    this.ended.delete(series);
    const before = this.last.get(series) ?? 0;
    if (counts && value < before) this.backwards.push(`${series}: ${value} after ${before}`);
    this.last.set(series, value);
  }

  private nameOf(received: string) {
    const known = this.names.get(received);
    if (known) return known;
    const { name, labels } = parseSeries(received);
    const { job: _job, instance: _instance, ...rest } = labels;
    const made = { series: seriesName(name, rest), counts: COUNTED.test(name) };
    this.names.set(received, made);
    return made;
  }
}
