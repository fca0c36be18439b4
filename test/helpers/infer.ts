import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface InferOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string;
}

/** Starts the client as `npm run infer` does. */
export function startInfer(args: readonly string[], { env, stdin = '' }: InferOptions = {}) {
  const child = spawn(process.execPath, ['src/cli/infer.ts', ...args], {
    env: { ...process.env, ...env },
  });
  child.stdin.end(stdin);
  const code = new Promise<number | null>((resolve) => child.once('close', resolve));
  const ended: Promise<Ended> = Promise.all([code, text(child.stdout), text(child.stderr)]).then(
    ([exit, stdout, stderr]) => ({ code: exit, stdout, stderr }),
  );
  return { ended, kill: (signal: NodeJS.Signals) => child.kill(signal) };
}

/** Runs the client to its end. */
export function infer(...args: string[]): Promise<Ended> {
  return startInfer(args).ended;
}
