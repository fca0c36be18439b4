import { AppError } from '../errors.ts';
import { sizeOf } from './tensor.ts';
import type { RunRequest, RunResult } from './types.ts';

/** A request that waits for its run, or has it. */
export interface Waiter {
  readonly request: RunRequest;
  readonly rows: number;
  /** What it takes of the queue. */
  readonly places: number;
  readonly since: number;
  readonly resolve: (result: RunResult) => void;
  readonly reject: (error: unknown) => void;
}

/** How often the queue is looked through for room: under a flood everybody asks for it. */
const LOOK_INTERVAL_MS = 50;

/** What waits for a run, by what can share one, in the order of arrival, and how much of it there may be. */
export class RunQueue {
  private readonly groups = new Map<string, Waiter[]>();
  private readonly maxRows: number;
  private readonly now: () => number;
  private waiting = 0;
  private running = 0;
  private lookedAt = Number.NEGATIVE_INFINITY;

  /** @param maxRows once so many rows wait or run, nothing more is let in */
  constructor(maxRows: number, now: () => number) {
    this.maxRows = maxRows;
    this.now = now;
  }

  /** Rows that wait, a request without any counted as one. */
  get rows(): number {
    return this.waiting;
  }

  /** @throws AppError overloaded when there is so much that nothing more can wait */
  admit(): void {
    const isFull = () => this.waiting + this.running >= this.maxRows;
    if (!isFull()) return;
    const now = this.now();
    if (now - this.lookedAt >= LOOK_INTERVAL_MS) this.dropUnwanted(now);
    if (!isFull()) return;
    const rows = this.waiting + this.running;
    const message = `${rows} rows wait or run already, where at most ${this.maxRows} may`;
    throw new AppError('overloaded', message);
  }

  add(request: RunRequest): Promise<RunResult> {
    const rows = request.inputs[0]?.shape[0] ?? 1;
    // A request without rows waits like any other, and takes a place.
    const places = Math.max(1, rows);
    return new Promise((resolve, reject) => {
      const waiter = { request, rows, places, since: this.now(), resolve, reject };
      const key = groupKey(request);
      const group = this.groups.get(key);
      if (group) group.push(waiter);
      else this.groups.set(key, [waiter]);
      this.waiting += places;
    });
  }

  /**
   * Takes the oldest requests that can share a run; what nobody waits for any more is dropped on the way. They count as
   * running until they are said to have ended.
   *
   * @param mayShare whether so many rows of so many values may share a run; one request alone always may
   */
  take(mayShare: (rows: number, size: number) => boolean): Waiter[] {
    const [entry] = this.groups;
    if (!entry) return [];
    const [key, group] = entry;
    const now = this.now();
    const batch: Waiter[] = [];
    let rows = 0;
    let size = 0;
    let taken = 0;
    for (const waiter of group) {
      if (!rejectUnwanted(waiter, now)) {
        const more = sizeOf(waiter.request.inputs);
        if (batch.length > 0 && !mayShare(rows + waiter.rows, size + more)) break;
        batch.push(waiter);
        this.running += waiter.places;
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

  ended(batch: readonly Waiter[]): void {
    for (const { places } of batch) this.running -= places;
  }

  /** Answers those whose time is up, and makes their room and that of those who have gone. */
  dropUnwanted(now: number): void {
    this.lookedAt = now;
    for (const [key, group] of this.groups) {
      const wanted = group.filter((waiter) => {
        const isUnwanted = rejectUnwanted(waiter, now);
        if (isUnwanted) this.waiting -= waiter.places;
        return !isUnwanted;
      });
      if (wanted.length > 0) this.groups.set(key, wanted);
      else this.groups.delete(key);
    }
  }
}

/**
 * Answers a request that nobody waits for any more, with the reason.
 *
 * @returns whether it is one
 */
export function rejectUnwanted({ request, reject }: Waiter, now: number): boolean {
  const { deadline, isGone } = request;
  if (isGone?.()) {
    reject(new AppError('cancelled', 'the client went away'));
    return true;
  }
  if (deadline === undefined || now < deadline) return false;
  reject(new AppError('timeout', 'the request waited longer than it may'));
  return true;
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
