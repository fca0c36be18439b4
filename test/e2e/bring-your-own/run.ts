import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/**
 * Runs a program to its end.
 *
 * @returns what it has printed
 * @throws Error with all that it has said, when it fails or takes too long
 */
export async function run(
  program: string,
  args: readonly string[],
  options: { cwd?: string; timeout?: number } = {},
): Promise<string> {
  const limits = { timeout: 110_000, killSignal: 'SIGKILL', maxBuffer: 2 ** 26 } as const;
  try {
    return (await promisify(execFile)(program, args, { ...limits, ...options })).stdout;
  } catch (error) {
    const { message, stdout, stderr } = error as Error & { stdout: string; stderr: string };
    // The message has what stderr has.
    throw new Error(`${stdout}\n${message.includes(stderr) ? message : message + stderr}`);
  }
}
