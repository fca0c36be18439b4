import { RunCost } from './run-cost.ts';
import { RunQueue, rejectUnwanted, type Waiter } from './run-queue.ts';
import { joinRows, sizeOf, sliceRows } from './tensor.ts';
import type { Runner, RunRequest, RunResult, Session } from './types.ts';

export interface BatchingOptions {
  /** Rows in one run at most; a request with more runs alone. */
  readonly maxRows: number;
  /**
   * How long a shared run may be expected to take: where a row alone takes that long, sharing would make
   * everybody wait for everybody and save nothing.
   */
  readonly maxRunMs: number;
  /** How long a request may wait for others; 0 takes what is there and never waits. */
  readonly maxDelayMs: number;
  /** Once so many rows wait or run, nothing more is let in. */
  readonly maxQueueRows: number;
  /** Calls back after so many milliseconds; after 0, once everything that has arrived has been read. */
  readonly schedule: (flush: () => void, delayMs: number) => void;
  /** Calls back after so many milliseconds; deadlines are looked at then. Without it, only before a run. */
  readonly wait?: (ms: number, callback: () => void) => void;
  /** Milliseconds, of any origin. */
  readonly now: () => number;
}

/** What a runner runs with. */
export interface SessionRuns {
  /** Runs tensors at once. */
  run(request: RunRequest): Promise<RunResult>;
  /** Tells telemetry of a run whose outputs were answered with: once, however many requests shared it. */
  report(request: RunRequest, result: RunResult): void;
}

/** Runs each request at once, alone. */
export class DirectRunner implements Runner {
  private readonly runs: SessionRuns;

  constructor(runs: SessionRuns) {
    this.runs = runs;
  }

  /** Nothing waits here. */
  admit(): void {}

  async run(request: RunRequest): Promise<RunResult> {
    const result = await this.runs.run(request);
    this.runs.report(request, result);
    return result;
  }
}

/** How often deadlines are looked at. */
const LOOK_INTERVAL_MS = 50;

/** Whether requests can share a run: every input and output has rows as its first dimension. */
export function canShareRuns({ inputs, outputs }: Pick<Session, 'inputs' | 'outputs'>): boolean {
  return [...inputs, ...outputs].every(({ shape }) => shape[0] === -1);
}

/**
 * Lets requests that wait together share one run of a model.
 *
 * Requests share a run when they want the same outputs and their inputs differ in rows alone. Each gets exactly
 * its own rows of what comes out; where a run does not give as many rows as went in, or fails, its requests are
 * run one by one, so that none fails for another's sake.
 */
export class Batcher implements Runner {
  private readonly runs: SessionRuns;
  private readonly alone: DirectRunner;
  private readonly options: BatchingOptions;
  private readonly queue: RunQueue;
  private readonly parallelRuns: number;
  /** What runs cost, by the values that go in. */
  private readonly cost = new RunCost();
  /** What runs. */
  private readonly batches = new Set<readonly Waiter[]>();
  private isWatching = false;
  /** When a flush is to come: soon, after the delay, or not at all. */
  private scheduled: 'soon' | 'later' | undefined;

  /** @param parallelRuns runs that are let go at once */
  constructor(runs: SessionRuns, parallelRuns: number, options: BatchingOptions) {
    this.runs = runs;
    this.parallelRuns = parallelRuns;
    this.alone = new DirectRunner(runs);
    this.options = options;
    this.queue = new RunQueue(options.maxQueueRows, options.now);
  }

  admit(): void {
    this.queue.admit();
  }

  /** @throws AppError timeout past the request's deadline, and cancelled for one whose client has gone */
  run(request: RunRequest): Promise<RunResult> {
    const { maxRows, maxDelayMs } = this.options;
    const result = this.queue.add(request);
    this.watch();
    this.schedule(this.queue.rows >= maxRows ? 0 : maxDelayMs);
    return result;
  }

  /** Looks at deadlines for as long as there is anything to be answered. One timer is for all: they cost something. */
  private watch(): void {
    if (this.isWatching || !this.options.wait) return;
    this.isWatching = true;
    this.options.wait(LOOK_INTERVAL_MS, () => {
      this.isWatching = false;
      if (this.queue.rows === 0 && this.batches.size === 0) return;
      const now = this.options.now();
      this.queue.dropUnwanted(now);
      for (const batch of this.batches) for (const waiter of batch) rejectUnwanted(waiter, now);
      this.watch();
    });
  }

  private schedule(delayMs: number): void {
    const when = delayMs === 0 ? 'soon' : 'later';
    if (this.isBusy || this.scheduled === 'soon' || this.scheduled === when) return;
    this.scheduled = when;
    this.options.schedule(() => void this.flush(), delayMs);
  }

  /** Runs what waits and can share a run, and sees to it that the rest follows. */
  private async flush(): Promise<void> {
    this.scheduled = undefined;
    if (this.isBusy || this.queue.rows === 0) return;
    const batch = this.queue.take((rows, size) => this.mayShare(rows, size));
    this.batches.add(batch);
    if (this.queue.rows > 0) this.schedule(0);
    await this.runBatch(batch);
    this.batches.delete(batch);
    this.queue.ended(batch);
    if (this.queue.rows > 0) this.schedule(0);
  }

  private get isBusy(): boolean {
    return this.batches.size >= this.parallelRuns;
  }

  private mayShare(rows: number, size: number): boolean {
    const { maxRows, maxRunMs } = this.options;
    return rows <= maxRows && this.cost.expected(size) * 1000 <= maxRunMs;
  }

  private async runBatch(batch: readonly Waiter[]): Promise<void> {
    // A run that fails fails for one of its requests: each then gets a run of its own.
    const results = batch.length > 1 && (await this.runTogether(batch).catch(() => undefined));
    for (const [i, waiter] of batch.entries()) {
      const result = results ? results[i] : undefined;
      if (result) waiter.resolve(result);
      else await this.runAlone(waiter);
    }
  }

  /** @returns each request's own part, or undefined when the outputs cannot be told apart by rows */
  private async runTogether(batch: readonly Waiter[]): Promise<RunResult[] | undefined> {
    const [first] = batch;
    if (!first) return [];
    const inputs = first.request.inputs.map((_, i) =>
      joinRows(
        batch.map(({ request }) => request.inputs[i]).filter((tensor) => tensor !== undefined),
      ),
    );
    const { outputs } = first.request;
    const traceId = batch.find(({ request }) => request.traceId !== undefined)?.request.traceId;
    const start = this.options.now();
    const shared = { inputs, outputs, traceId };
    const size = sizeOf(inputs);
    const result = await this.runs.run(shared);
    this.cost.learn(size, result.seconds);
    const total = batch.reduce((sum, { rows }) => sum + rows, 0);
    if (result.outputs.some(({ shape }) => shape[0] !== total)) return undefined;
    this.runs.report(shared, result);

    let offset = 0;
    return batch.map(({ rows, since }) => {
      const own = result.outputs.map((tensor) => sliceRows(tensor, offset, rows));
      offset += rows;
      const queueSeconds = (start - since) / 1000 + result.queueSeconds;
      return { outputs: own, seconds: result.seconds, queueSeconds };
    });
  }

  private async runAlone(waiter: Waiter): Promise<void> {
    const now = this.options.now();
    if (rejectUnwanted(waiter, now)) return;
    const { request, since, resolve, reject } = waiter;
    const waited = (now - since) / 1000;
    const size = sizeOf(request.inputs);
    try {
      const result = await this.alone.run(request);
      this.cost.learn(size, result.seconds);
      resolve({ ...result, queueSeconds: waited + result.queueSeconds });
    } catch (error) {
      reject(error);
    }
  }
}
