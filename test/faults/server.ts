import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** A line of the server's log. */
export type LogLine = Readonly<Record<string, unknown>>;

export const TOKENS = { api: 'api-secret', admin: 'admin-secret', metrics: 'metrics-secret' };

export interface ServerParts {
  readonly settings: Readonly<Record<string, string>>;
  /** What is loaded ahead of it: a file of preload/. */
  readonly preload?: 'end-threads' | 'throw-later';
  /** Hears of every line of the log, as it comes. */
  readonly onLine: (line: LogLine) => void;
}

/** Kilat in a process of its own, of which everything is heard that it writes. */
export class FaultedServer {
  readonly port: number;
  /** What it wrote beside its log: to stderr, and to stdout where that was no line of JSON. */
  readonly strayOutput: string[];
  /** The code, once everything that it has written has come; null where a signal has ended it. */
  readonly exit: Promise<number | null>;
  private readonly child: ChildProcess;

  private constructor(
    child: ChildProcess,
    parts: Pick<FaultedServer, 'port' | 'strayOutput' | 'exit'>,
  ) {
    this.child = child;
    this.port = parts.port;
    this.strayOutput = parts.strayOutput;
    this.exit = parts.exit;
  }

  static async start({ settings, preload, onLine }: ServerParts): Promise<FaultedServer> {
    const imported =
      preload === undefined
        ? []
        : ['--import', fileURLToPath(new URL(`preload/${preload}.ts`, import.meta.url))];
    const child = spawn(process.execPath, [...imported, 'src/node.ts'], {
      env: { ...process.env, LOG_LEVEL: 'info', ...settings, PORT: '0' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    // A test that fails half-way must leave nothing running.
    const kill = () => child.kill('SIGKILL');
    process.once('exit', kill);
    const exit = once(child, 'close').then(([code]) => {
      process.off('exit', kill);
      return code as number | null;
    });
    const strayOutput: string[] = [];
    createInterface(child.stderr).on('line', (text) => strayOutput.push(text));
    const url = await new Promise<string>((resolve, reject) => {
      createInterface(child.stdout).on('line', (text) => {
        const line = parseLine(text);
        if (!line) strayOutput.push(text);
        else if (line.msg === 'listening') resolve(String(line.url));
        if (line) onLine(line);
      });
      void exit.then((code) => {
        reject(new Error(`the server ended with ${code}: ${strayOutput.join('\n')}`));
      });
    });
    return new FaultedServer(child, { port: Number(new URL(url).port), strayOutput, exit });
  }

  signal(name: NodeJS.Signals): void {
    this.child.kill(name);
  }

  get hasEnded(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }
}

function parseLine(text: string): LogLine | undefined {
  try {
    return JSON.parse(text) as LogLine;
  } catch {
    return undefined;
  }
}
