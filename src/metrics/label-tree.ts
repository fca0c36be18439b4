/**
 * Something for each set of label values, one level per label: a key joined of all of them would cost more than the
 * counting.
 */
export class LabelTree<T> {
  entry: T | undefined;
  private readonly below = new Map<string, LabelTree<T>>();

  /** The place of these values; made when it is not there. */
  find(values: readonly string[]): LabelTree<T> {
    let level: LabelTree<T> = this;
    for (const value of values) {
      let next = level.below.get(value);
      if (!next) {
        next = new LabelTree();
        level.below.set(value, next);
      }
      level = next;
    }
    return level;
  }

  /** Takes an entry out, and every level that leads nowhere any more. */
  remove([value, ...rest]: readonly string[]): T | undefined {
    if (value === undefined) {
      const { entry } = this;
      this.entry = undefined;
      return entry;
    }
    const next = this.below.get(value);
    const entry = next?.remove(rest);
    if (next && next.entry === undefined && next.below.size === 0) this.below.delete(value);
    return entry;
  }
}
