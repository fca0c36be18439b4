/**
 * Chooses rows at random, each by itself and with the same chance. How many rows are passed over until the next one is
 * of a geometric distribution then, so a random number is drawn for each row that is chosen and none for the others.
 */
export class RowSampler {
  private readonly share: number;
  private readonly random: () => number;
  /** Rows to pass over before the next that is chosen. Drawn when first needed: module scope may have no chance. */
  private gap: number | undefined;

  /**
   * @param share of the rows that are chosen, above 0 and at most 1
   * @param random from 0 up to but not including 1
   */
  constructor(share: number, random: () => number) {
    this.share = share;
    this.random = random;
  }

  /**
   * Goes on by so many rows.
   *
   * @param choose is called with the index of each that is chosen, rising from 0
   */
  pass(rows: number, choose: (row: number) => void): void {
    if (this.share === 1) {
      for (let row = 0; row < rows; row++) choose(row);
      return;
    }
    let row = this.gap ?? this.drawGap();
    for (; row < rows; row += 1 + this.drawGap()) choose(row);
    this.gap = row - rows;
  }

  private drawGap(): number {
    return Math.floor(Math.log(1 - this.random()) / Math.log1p(-this.share));
  }
}
