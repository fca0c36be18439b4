/** One request as the client saw it. */
export interface Sample {
  /** Milliseconds from sending the request to having its whole answer. */
  readonly roundTripMs: number;
  /** Milliseconds of the inference run, as the server tells them; undefined when the request failed. */
  readonly inferenceMs?: number;
  readonly rows: number;
  /** Why it failed: the server's code and message, or what the network said. */
  readonly error?: string;
}

export interface LoadOptions {
  /** Sends the request of this number and gives its rows and the server's time; throws when it fails. */
  readonly send: (index: number) => Promise<{ rows: number; inferenceMs: number }>;
  /** How many requests to send in all. */
  readonly requests: number;
  /** How many are under way at once. */
  readonly concurrency: number;
  /** Seconds after which no further request is sent. */
  readonly seconds: number;
  /** Asked before each request: once it says so, no further one is sent. */
  readonly isDone?: () => boolean;
  readonly onSample: (sample: Sample, index: number) => void;
}

/** Sends requests, `concurrency` at a time, until all are sent or the time is up. */
export async function sendLoad(options: LoadOptions): Promise<Sample[]> {
  const { send, requests, concurrency, seconds, isDone = () => false, onSample } = options;
  const samples: Sample[] = [];
  const end = performance.now() + seconds * 1000;
  let next = 0;
  const sender = async () => {
    while (next < requests && performance.now() < end && !isDone()) {
      const index = next++;
      const sample = await measure(() => send(index));
      samples.push(sample);
      onSample(sample, index);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, sender));
  return samples;
}

async function measure(
  send: () => Promise<{ rows: number; inferenceMs: number }>,
): Promise<Sample> {
  const start = performance.now();
  try {
    const { rows, inferenceMs } = await send();
    return { roundTripMs: performance.now() - start, inferenceMs, rows };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { roundTripMs: performance.now() - start, rows: 0, error: message };
  }
}

/** What a set of times says, in the unit it came in. */
export interface TimeSummary {
  readonly mean: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly max: number;
}

/** Percentiles are values that occurred (nearest rank). */
export function summarise(times: readonly number[]): TimeSummary | undefined {
  if (times.length === 0) return undefined;
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.ceil(share * sorted.length) - 1] as number;
  const mean = times.reduce((sum, time) => sum + time, 0) / times.length;
  return { mean, p50: at(0.5), p90: at(0.9), p99: at(0.99), max: at(1) };
}
