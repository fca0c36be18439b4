import { AppError } from '../errors.ts';

/** How often the event loop is asked how late it is. */
const INTERVAL_MS = 100;

/**
 * Whether the event loop has come to be so late that whatever else it is given only makes everybody wait longer.
 *
 * One late turn is a long piece of work, and passes; two in a row are a load that does not go away.
 */
export class LoopDelay {
  private readonly maxMs: number;
  private readonly now: () => number;
  private due: number;
  private lateBefore = false;
  private late = false;

  /**
   * @param maxMs how late the loop may be; 0 never minds
   * @param every calls back each time so many milliseconds have passed, or later
   */
  constructor(
    maxMs: number,
    parts: { now: () => number; every: (ms: number, callback: () => void) => void },
  ) {
    this.maxMs = maxMs;
    this.now = parts.now;
    this.due = this.now() + INTERVAL_MS;
    if (maxMs > 0) parts.every(INTERVAL_MS, () => this.look());
  }

  /** @throws AppError overloaded while the loop is too late */
  admit(): void {
    if (!this.late) return;
    throw new AppError('overloaded', `the server is more than ${this.maxMs} ms behind its work`);
  }

  private look(): void {
    const now = this.now();
    const isLate = now - this.due > this.maxMs;
    this.late = isLate && this.lateBefore;
    this.lateBefore = isLate;
    this.due = now + INTERVAL_MS;
  }
}
