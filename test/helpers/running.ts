import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { vi } from 'vitest';

const LONGEST_START_MS = 100_000;
/** How long after SIGTERM whatever is still there is killed. */
const LONGEST_STOP_MS = 15_000;

/** Commands that run in a shell, and everything that they have started. */
export class Running {
  stdout = '';
  stderr = '';
  /** The exit code, once the last of them has let go of its output. */
  readonly ended: Promise<number | null>;
  private readonly shell: ChildProcess;
  private hasEnded = false;

  constructor(code: string, options: { readonly cwd: string; readonly env: NodeJS.ProcessEnv }) {
    this.shell = spawn('bash', ['-euo', 'pipefail', '-c', code], {
      ...options,
      stdio: ['ignore', 'pipe', 'pipe'],
      // A process group of their own: npm, its shell and the server are stopped together.
      detached: true,
    });
    this.shell.stdout?.on('data', (bytes: Buffer) => {
      this.stdout += bytes;
    });
    this.shell.stderr?.on('data', (bytes: Buffer) => {
      this.stderr += bytes;
    });
    this.ended = once(this.shell, 'close').then(([code]) => {
      this.hasEnded = true;
      return code;
    });
  }

  /**
   * Waits until a server that they start says where it is, and every model of it answers.
   *
   * @returns its address
   * @throws Error with all that was printed, where they end instead
   */
  answers(): Promise<string> {
    const found = vi.waitFor(
      async () => {
        const [url] = /http:\/\/[\w.]+:\d+/.exec(this.stdout) ?? [];
        const isReady = url !== undefined && (await fetch(new URL('/readyz', url))).ok;
        if (!isReady) throw new Error(`no server answers:\n${this.stdout}${this.stderr}`);
        return url;
      },
      { timeout: LONGEST_START_MS, interval: 100 },
    );
    const ended = this.ended.then((code) => {
      throw new Error(`ended with ${code}:\n${this.stdout}${this.stderr}`);
    });
    return Promise.race([found, ended]);
  }

  async stop(): Promise<void> {
    if (this.hasEnded) return;
    this.signal('SIGTERM');
    const killing = setTimeout(() => this.signal('SIGKILL'), LONGEST_STOP_MS);
    await this.ended;
    clearTimeout(killing);
  }

  private signal(name: NodeJS.Signals): void {
    const { pid } = this.shell;
    if (pid === undefined) return;
    try {
      process.kill(-pid, name);
    } catch {
      // The last of them has ended by itself, and its output is still on its way.
    }
  }
}
