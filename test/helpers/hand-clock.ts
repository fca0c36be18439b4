import type { LoadClock } from '../../src/cli/load-clock.ts';

/** A clock that a test moves: whoever sleeps wakes when it gets there. */
export class HandClock implements LoadClock {
  private time = 0;
  private readonly sleepers = new Set<{ readonly at: number; readonly wake: () => void }>();

  now(): number {
    return this.time;
  }

  sleep(ms: number, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve) => {
      const sleeper = { at: this.time + ms, wake: resolve };
      this.sleepers.add(sleeper);
      signal?.addEventListener('abort', () => {
        this.sleepers.delete(sleeper);
        resolve();
      });
    });
  }

  /** Moves on, and stops wherever somebody wakes until all that comes of it is done. */
  async advance(ms: number): Promise<void> {
    const target = this.time + ms;
    await settle();
    for (;;) {
      const [next] = [...this.sleepers].sort((a, b) => a.at - b.at);
      if (!next || next.at > target) break;
      this.time = next.at;
      this.sleepers.delete(next);
      next.wake();
      await settle();
    }
    this.time = target;
    await settle();
  }
}

/** Lets every promise that can go on do so. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
