import { cpus } from 'node:os';

/**
 * Processors that others used, beside the server and this process: what they take, neither has, and no number that was
 * measured meanwhile is the server's alone.
 */
export class OtherWork {
  private readonly before: number;
  private readonly start = performance.now();

  /** @param serverSeconds processor time of the server until now */
  constructor(serverSeconds: number) {
    this.before = others(serverSeconds);
  }

  /** Their mean since the start. */
  read(serverSeconds: number): number {
    const seconds = (performance.now() - this.start) / 1000;
    return Math.max(0, others(serverSeconds) - this.before) / seconds;
  }
}

/** Seconds of processor time that neither the server nor this process has used, since the machine was started. */
function others(serverSeconds: number): number {
  const busy = cpus().reduce((sum, { times }) => {
    return sum + times.user + times.nice + times.sys + times.irq;
  }, 0);
  const { user, system } = process.cpuUsage();
  return busy / 1000 - serverSeconds - (user + system) / 1e6;
}
