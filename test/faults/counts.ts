/** How often each of several things was counted. */
export class Counts {
  private readonly values = new Map<string, number>();

  add(name: string, amount = 1): void {
    this.values.set(name, this.of(name) + amount);
  }

  of(name: string): number {
    return this.values.get(name) ?? 0;
  }

  total(): number {
    return this.values.values().reduce((sum, value) => sum + value, 0);
  }

  names(): string[] {
    return [...this.values.keys()].sort();
  }

  /** What is not 0, by name. */
  entries(): Record<string, number> {
    return Object.fromEntries(
      this.names()
        .map((name) => [name, this.of(name)] as const)
        .filter(([, value]) => value !== 0),
    );
  }
}

/** Both together. */
export function sumOf(...all: readonly Counts[]): Counts {
  const sum = new Counts();
  for (const counts of all) for (const name of counts.names()) sum.add(name, counts.of(name));
  return sum;
}
