import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { stripVTControlCharacters } from 'node:util';
import { vi } from 'vitest';
import type { Settings } from './targets.ts';

/** What a person sees who runs a command. */
export interface Screen {
  /** Everything that was written, colours included. */
  readonly raw: () => string;
  /** The same as it reads, a line each. */
  readonly lines: () => string[];
  /** Waits until there is a line that fits, and gives it. */
  line(pattern: RegExp): Promise<string>;
  /** Presses Ctrl+C. */
  interrupt(): void;
  /** The exit code, once the command has ended. */
  readonly exited: Promise<number | null>;
  /** Ends what a test has left running. */
  close(): Promise<unknown>;
}

/** What would decide on colours in the place of the settings of a test. */
const COLOUR_SETTINGS = ['NO_COLOR', 'FORCE_COLOR', 'NODE_DISABLE_COLORS', 'CI', 'COLORTERM'];

/**
 * Runs a command of sh on a terminal of its own, which util-linux's script makes. Where the command is one program it
 * wants `exec`: Ctrl+C goes to the shell as well, and not every one outlives it.
 *
 * @param cwd the directory to run it in
 */
export function runOnTerminal(command: string, settings: Settings = {}, cwd = '.'): Screen {
  const env: NodeJS.ProcessEnv = { ...process.env, TERM: 'xterm-256color' };
  for (const name of COLOUR_SETTINGS) delete env[name];
  const child = spawn('script', ['--quiet', '--return', '--command', command, '/dev/null'], {
    cwd,
    env: { ...env, SHELL: '/bin/sh', ...settings },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (part) => {
    text += part;
  });
  const exited = once(child, 'close').then(([code]) => code as number | null);
  const lines = () => stripVTControlCharacters(text).split(/\r?\n/);
  return {
    raw: () => text,
    lines,
    line: (pattern) =>
      vi.waitFor(
        () => {
          const found = lines().find((line) => pattern.test(line));
          if (found === undefined) throw new Error(`no line fits ${pattern} in:\n${text}`);
          return found;
        },
        { timeout: 20_000 },
      ),
    interrupt: () => child.stdin.write('\x03'),
    exited,
    close: () => {
      child.kill('SIGKILL');
      return exited;
    },
  };
}

/** Runs the server on a terminal, on a free port unless the settings name one. */
export function startOnTerminal(settings: Settings = {}): Screen {
  return runOnTerminal(`exec ${process.execPath} src/node.ts`, { PORT: '0', ...settings });
}
