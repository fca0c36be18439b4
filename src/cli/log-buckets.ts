/** Buckets in a power of ten: each ends 0.58 % above where it begins. */
const PER_DECADE = 400;
/** From a microsecond to almost three hours, in milliseconds; what is beyond is counted at the end. */
const FIRST_DECADE = -3;
const DECADES = 10;

/** Rows in a power of ten that buckets can be shown as: each is as wide as whole buckets, so that no count is split. */
const ROWS_PER_DECADE = [40, 20, 10, 5, 4, 2, 1];

export interface Bucket {
  /** The least time that belongs to it, in milliseconds. */
  readonly from: number;
  /** The least that does not, any more. */
  readonly to: number;
  readonly count: number;
}

/** Counts times by their logarithm, as many as come, in 32 kB. */
export class LogBuckets {
  private readonly counts = new Float64Array(DECADES * PER_DECADE);

  record(milliseconds: number): void {
    const place = Math.floor((Math.log10(milliseconds) - FIRST_DECADE) * PER_DECADE);
    const index = Math.min(Math.max(0, place), this.counts.length - 1);
    this.counts[index] = (this.counts[index] ?? 0) + 1;
  }

  /** The end of the bucket that the time of this rank is in, counted from 1. */
  endOfRank(rank: number): number {
    let seen = 0;
    const index = this.counts.findIndex((count) => {
      seen += count;
      return seen >= rank;
    });
    return edge(index + 1);
  }

  /**
   * What was counted, from the first bucket that holds something to the last, in at most so many rows, or in one for
   * each power of ten where that is more.
   */
  rows(most: number): Bucket[] {
    const { counts } = this;
    const first = counts.findIndex((count) => count > 0);
    if (first < 0) return [];
    const last = counts.findLastIndex((count) => count > 0);
    const widths = ROWS_PER_DECADE.map((rows) => PER_DECADE / rows);
    const rowsOf = (width: number) => Math.floor(last / width) - Math.floor(first / width) + 1;
    const width = widths.find((candidate) => rowsOf(candidate) <= most) ?? PER_DECADE;
    const start = Math.floor(first / width) * width;
    return Array.from({ length: rowsOf(width) }, (_, row) => {
      const [from, to] = [start + row * width, start + (row + 1) * width];
      const count = counts.subarray(from, to).reduce((sum, one) => sum + one, 0);
      return { from: edge(from), to: edge(to), count };
    });
  }
}

/** Where the bucket of this number begins, in milliseconds. */
function edge(index: number): number {
  return 10 ** (FIRST_DECADE + index / PER_DECADE);
}
