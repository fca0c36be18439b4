import { AppError } from '../errors.ts';
import { RunCost } from './run-cost.ts';
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
  /** Rows that may wait; a request beyond that is turned away. */
  readonly maxQueueRows: number;
  /** Calls back after so many milliseconds; after 0, once everything that has arrived has been read. */
  readonly schedule: (flush: () => void, delayMs: number) => void;
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

/** A request that waits for its run. */
interface Waiter {
  readonly request: RunRequest;
  readonly rows: number;
  /** What it takes of the queue: its rows, and at least one. */
  readonly places: number;
  readonly since: number;
  readonly resolve: (result: RunResult) => void;
  readonly reject: (error: unknown) => void;
}

/** The queue is looked through for what nobody waits for at most so often. */
const CLEANING_INTERVAL_MS = 50;

/** A request without rows waits like any other, and takes a place. */
function placesOf(rows: number): number {
  return Math.max(1, rows);
}

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
  /** What waits, by what can share a run, in the order of arrival. */
  private readonly groups = new Map<string, Waiter[]>();
  private readonly parallelRuns: number;
  /** What runs cost, by the values that go in. */
  private readonly cost = new RunCost();
  /** Rows that wait, a request without any counted as one. */
  private waiting = 0;
  private running = 0;
  /** When the queue was last looked through for what nobody waits for. */
  private cleanedAt = Number.NEGATIVE_INFINITY;
  /** When a flush is to come: soon, after the delay, or not at all. */
  private scheduled: 'soon' | 'later' | undefined;

  /** @param parallelRuns runs that are let go at once */
  constructor(runs: SessionRuns, parallelRuns: number, options: BatchingOptions) {
    this.runs = runs;
    this.parallelRuns = parallelRuns;
    this.alone = new DirectRunner(runs);
    this.options = options;
  }

  admit(rows: number): void {
    const { maxQueueRows } = this.options;
    const isFull = () => this.waiting > 0 && this.waiting + placesOf(rows) > maxQueueRows;
    if (!isFull()) return;
    this.dropUnwanted();
    if (!isFull()) return;
    const message = `${this.waiting} rows are waiting already, of at most ${maxQueueRows}`;
    throw new AppError('overloaded', message);
  }

  /** @throws AppError timeout past the request's deadline, and cancelled for one whose client has gone */
  run(request: RunRequest): Promise<RunResult> {
    const { maxRows, now } = this.options;
    const rows = request.inputs[0]?.shape[0] ?? 1;
    const places = placesOf(rows);
    return new Promise((resolve, reject) => {
      const waiter = { request, rows, places, since: now(), resolve, reject };
      const key = groupKey(request);
      const group = this.groups.get(key);
      if (group) group.push(waiter);
      else this.groups.set(key, [waiter]);
      this.waiting += places;
      this.schedule(this.waiting >= maxRows ? 0 : this.options.maxDelayMs);
    });
  }

  /** Makes room of what nobody waits for any more, now and then: under a flood everybody asks for it. */
  private dropUnwanted(): void {
    const now = this.options.now();
    if (now - this.cleanedAt < CLEANING_INTERVAL_MS) return;
    this.cleanedAt = now;
    for (const [key, group] of this.groups) {
      const wanted = group.filter((waiter) => {
        const unwanted = whyUnwanted(waiter.request, now);
        if (!unwanted) return true;
        this.waiting -= waiter.places;
        waiter.reject(unwanted);
        return false;
      });
      if (wanted.length > 0) this.groups.set(key, wanted);
      else this.groups.delete(key);
    }
  }

  private schedule(delayMs: number): void {
    const when = delayMs === 0 ? 'soon' : 'later';
    if (this.running >= this.parallelRuns || this.scheduled === 'soon' || this.scheduled === when)
      return;
    this.scheduled = when;
    this.options.schedule(() => void this.flush(), delayMs);
  }

  /** Runs what waits and can share a run, and sees to it that the rest follows. */
  private async flush(): Promise<void> {
    this.scheduled = undefined;
    if (this.running >= this.parallelRuns || this.waiting === 0) return;
    this.running++;
    const batch = this.takeBatch();
    if (this.waiting > 0) this.schedule(0);
    await this.runBatch(batch);
    this.running--;
    if (this.waiting > 0) this.schedule(0);
  }

  /** Takes the oldest requests that can share a run, up to the bound; what nobody waits for any more is dropped. */
  private takeBatch(): Waiter[] {
    const [entry] = this.groups;
    if (!entry) return [];
    const [key, group] = entry;
    const now = this.options.now();
    const batch: Waiter[] = [];
    let rows = 0;
    let size = 0;
    let taken = 0;
    for (const waiter of group) {
      const unwanted = whyUnwanted(waiter.request, now);
      if (unwanted) {
        waiter.reject(unwanted);
      } else {
        const more = sizeOf(waiter.request.inputs);
        if (batch.length > 0 && !this.isShareable(rows + waiter.rows, size + more)) break;
        batch.push(waiter);
        rows += waiter.rows;
        size += more;
      }
      taken++;
      this.waiting -= waiter.places;
    }
    // Deleted and set again, the rest stands behind the other groups: none starves.
    this.groups.delete(key);
    if (taken < group.length) this.groups.set(key, group.slice(taken));
    return batch;
  }

  /** Whether so many rows of so many values may share a run. */
  private isShareable(rows: number, size: number): boolean {
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

  private async runAlone({ request, since, resolve, reject }: Waiter): Promise<void> {
    const now = this.options.now();
    const unwanted = whyUnwanted(request, now);
    if (unwanted) return reject(unwanted);
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

/** Why a request need not be run any more; undefined when it has to be. */
function whyUnwanted({ deadline, isGone }: RunRequest, now: number): AppError | undefined {
  if (isGone?.()) return new AppError('cancelled', 'the client went away');
  if (deadline === undefined || now < deadline) return undefined;
  return new AppError('timeout', 'the request waited longer than it may');
}

/** Equal for requests that can share a run. */
function groupKey({ inputs, outputs }: RunRequest): string {
  let key = '';
  for (const { shape } of inputs) {
    for (let i = 1; i < shape.length; i++) key += `${shape[i]},`;
    key += ';';
  }
  for (const output of outputs) key += `${output.length}:${output}`;
  return key;
}
