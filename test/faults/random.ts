/** Numbers that look random, and are the same for the same seed (mulberry32, by Tommy Ettinger). */
export class Random {
  readonly seed: number;
  private state: number;

  constructor(seed: number) {
    this.seed = seed >>> 0;
    this.state = this.seed;
  }

  /** Another stream, which depends on the seed and a name alone: what one actor draws changes nothing for the others. */
  fork(name: string): Random {
    let seed = this.seed;
    // FNV-1a.
    for (const byte of Buffer.from(name)) seed = Math.imul(seed ^ byte, 0x01000193);
    return new Random(seed);
  }

  /** From 0 to below 1. */
  next(): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.state ^ (this.state >>> 15), this.state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number from `least` to `most`, both included. */
  integer(least: number, most: number): number {
    return least + Math.floor(this.next() * (most - least + 1));
  }

  chance(share: number): boolean {
    return this.next() < share;
  }

  /** @throws Error when there is nothing to pick from */
  pick<T>(items: readonly T[]): T {
    const item = items[Math.floor(this.next() * items.length)];
    if (item === undefined) throw new Error('there is nothing to pick from');
    return item;
  }

  /** Draws from items in an order by chance, each once before any comes again. */
  deck<T>(items: readonly T[]): () => T {
    let left: T[] = [];
    return () => {
      if (left.length === 0) left = [...items];
      const item = this.pick(left);
      left.splice(left.indexOf(item), 1);
      return item;
    };
  }
}

/** The seed of this run: that of FAULT_SEED, or a new one. Whoever uses it prints it. */
export function chooseSeed(): number {
  return Number(process.env.FAULT_SEED ?? Math.floor(Math.random() * 2 ** 32));
}
