/** With as many rows as share a run by default, a server computes about as much of the time as it can be made to. */
const MOST_ROWS = 64;
/** A run that takes longer needs no more rows: there is hardly anything beside it. */
const LONG_RUN_MS = 100;

/** How many rows the next request should have, for as much inference in as little time as possible. */
export class RequestSize {
  /** Rows of the next request: one at first, since nobody knows yet how long one takes. */
  rows = 1;
  private most = MOST_ROWS;

  /** A request of so many rows has been answered, after a run of so long. */
  answered(rows: number, runMs: number): void {
    if (rows === this.rows && runMs < LONG_RUN_MS) this.rows = Math.min(this.most, 2 * rows);
  }

  /**
   * A request of so many rows was more than the server takes: a body that is too large, or a graph of a fixed size.
   *
   * @returns whether fewer are worth a try
   */
  refused(rows: number): boolean {
    if (rows === 1) return false;
    this.most = Math.min(this.most, Math.floor(rows / 2));
    this.rows = Math.min(this.rows, this.most);
    return true;
  }
}
