/** How much more a run may be taken to cost than the one of its size before it. */
const GROWTH = 1.25;
/** What a clock may show as nothing is taken for that, or it could never count for more again. */
const SHORTEST_SECONDS = 1e-7;
/** Sizes are told apart by powers of two; JavaScript's arrays end well before the last of these. */
const POWERS = 48;

/**
 * What a run takes, by its size, learned from the runs that a model has had.
 *
 * A size costs at most in proportion what a smaller one did, since a run has a fixed part; where no smaller one
 * was seen, it is taken to cost in proportion what the next larger one did.
 */
export class RunCost {
  /** The run that was learned last for each power of two: its size, and its seconds. */
  private readonly sizes = new Float64Array(POWERS);
  private readonly seconds = new Float64Array(POWERS);

  /**
   * @param size elements of all inputs together
   * @returns seconds; 0 while nothing is known
   */
  expected(size: number): number {
    if (size < 1) return this.expected(1);
    const own = powerOf(size);
    let least = Number.POSITIVE_INFINITY;
    for (let power = 0; power <= own; power++) {
      if (this.sizes[power]) least = Math.min(least, this.inProportion(power, size));
    }
    if (least < Number.POSITIVE_INFINITY) return least;
    const larger = this.sizes.findIndex((known) => known > 0);
    return larger < 0 ? 0 : this.inProportion(larger, size);
  }

  /** Takes a faster run at its word; a slower one may have been interrupted, so it counts step by step. */
  learn(size: number, seconds: number): void {
    if (size < 1) return;
    const power = powerOf(size);
    const known = this.sizes[power] ? this.inProportion(power, size) : Number.POSITIVE_INFINITY;
    this.seconds[power] = Math.max(SHORTEST_SECONDS, Math.min(seconds, known * GROWTH));
    this.sizes[power] = size;
  }

  private inProportion(power: number, size: number): number {
    return ((this.seconds[power] ?? 0) * size) / (this.sizes[power] ?? 1);
  }
}

function powerOf(size: number): number {
  return Math.min(POWERS - 1, Math.floor(Math.log2(Math.max(1, size))));
}
