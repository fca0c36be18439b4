import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

/** What is shown of a program that has ended by itself. */
const LAST_LINES = 10;
const LONGEST_START_MS = 30_000;
const ASK_EVERY_MS = 100;

/** A program has ended that nobody had stopped. */
export class ProgramEndedError extends Error {
  override readonly name = 'ProgramEndedError';

  constructor(program: string, how: string, lines: readonly string[]) {
    const last = lines.length > 0 ? `; its last lines:\n  ${lines.join('\n  ')}` : '';
    super(`${program} ended unexpectedly with ${how}${last}`);
  }
}

/** A program that runs until it is stopped, or until this process ends. */
export class Program {
  /** Fulfilled once it is gone, with what there is to say where nobody had stopped it. */
  readonly ended: Promise<ProgramEndedError>;
  private readonly ready: string;
  private readonly kill: () => void;

  /**
   * @param command name or path
   * @param ready the address that answers 200 once it is there
   */
  constructor(command: string, args: readonly string[], ready: string) {
    this.ready = ready;
    const lines: string[] = [];
    const child = spawn(command, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      // A process group of its own: Ctrl-C in a terminal reaches this process alone, which then stops the others.
      detached: true,
    });
    for (const stream of [child.stdout, child.stderr]) {
      createInterface(stream).on('line', (line) => {
        lines.push(line);
        if (lines.length > LAST_LINES) lines.shift();
      });
    }
    // What it has written is thrown away, so there is nothing for which it would have to be given time.
    this.kill = () => child.kill('SIGKILL');
    process.once('exit', this.kill);
    this.ended = new Promise((resolve) => {
      const end = (how: string) => {
        process.off('exit', this.kill);
        resolve(new ProgramEndedError(command, how, lines));
      };
      child.once('error', ({ message }) => end(message));
      child.once('close', (code, signal) => end(signal ?? `exit code ${code}`));
    });
  }

  /** @throws ProgramEndedError where it ends instead, Error where it takes too long */
  async answers(): Promise<void> {
    const over = AbortSignal.timeout(LONGEST_START_MS);
    const ended = this.ended.then((error) => {
      throw error;
    });
    const asked = async () => {
      for (;;) {
        const answer = await fetch(this.ready, { signal: over }).catch(() => undefined);
        if (answer?.ok) return;
        if (over.aborted) throw new Error(`${this.ready} does not answer`);
        await Promise.race([sleep(ASK_EVERY_MS), ended]);
      }
    };
    await Promise.race([asked(), ended]);
  }

  async stop(): Promise<void> {
    this.kill();
    await this.ended;
  }
}
