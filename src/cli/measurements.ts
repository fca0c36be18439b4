import type { Sample } from './load.ts';
import type { Bucket } from './log-buckets.ts';
import { type TimeSummary, Times } from './times.ts';
import type { Protocol } from './wire.ts';

/** What was asked for. */
export interface Run {
  readonly model: string;
  readonly version: string;
  readonly protocol: Protocol;
  /** Requests a second that were due; undefined where each followed an answer. */
  readonly rate: number | undefined;
}

/** What came of it, as --json prints it. Times are of the requests that were answered. */
export interface Report {
  readonly model: string;
  readonly version: string;
  readonly protocol: Protocol;
  /** Requests that were answered or failed. */
  readonly count: number;
  readonly errors: number;
  /** Requests that were under way when a signal ended it all: they are neither answered nor failed. */
  readonly under_way: number;
  readonly first_error: string | null;
  readonly errors_by_code: Readonly<Record<string, number>>;
  readonly seconds: number;
  readonly offered_rate: number | null;
  readonly rows_per_second: number;
  /** null where the protocol does not tell. */
  readonly inference_ms: TimeSummary | null;
  readonly latency_ms: TimeSummary | null;
  readonly round_trip_ms: TimeSummary | null;
  readonly histogram_ms: readonly Bucket[];
  /** Those of inference, of the first 100,000 requests. */
  readonly times_ms: readonly number[];
}

/** What was measured so far, in memory that does not grow with it. */
export class Measurements {
  count = 0;
  errors = 0;
  private underWay = 0;
  private rows = 0;
  private firstError: string | null = null;
  private readonly codes = new Map<string, number>();
  private readonly inference = new Times();
  private readonly latency = new Times();
  private readonly roundTrip = new Times();

  record({ rows, inferenceMs, latencyMs, roundTripMs, error }: Sample): void {
    this.count++;
    if (error) {
      this.errors++;
      this.firstError ??= error.message;
      const code = codeOf(error);
      this.codes.set(code, (this.codes.get(code) ?? 0) + 1);
      return;
    }
    this.rows += rows;
    if (inferenceMs !== undefined) this.inference.record(inferenceMs);
    this.latency.record(latencyMs);
    this.roundTrip.record(roundTripMs);
  }

  /** Nobody waits for the answer to a request any longer. */
  leave(): void {
    this.underWay++;
  }

  /** @param seconds that it took */
  report({ model, version, protocol, rate }: Run, seconds: number): Report {
    return {
      model,
      version,
      protocol,
      count: this.count,
      errors: this.errors,
      under_way: this.underWay,
      first_error: this.firstError,
      errors_by_code: Object.fromEntries(this.codes),
      seconds,
      offered_rate: rate ?? null,
      rows_per_second: this.rows / seconds,
      inference_ms: this.inference.summary() ?? null,
      latency_ms: this.latency.summary() ?? null,
      round_trip_ms: this.roundTrip.summary() ?? null,
      histogram_ms: this.latency.histogram(),
      times_ms: this.inference.kept,
    };
  }
}

/** The word for what went wrong, where it has one. */
function codeOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : 'unknown';
}
