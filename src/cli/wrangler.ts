import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';

/** What `node_modules/.bin/wrangler` is: the project's own, whatever else is installed. */
const WRANGLER = fileURLToPath(
  new URL('bin/wrangler.js', import.meta.resolve('wrangler/package.json')),
);

/** wrangler has failed: the message is what it said itself. */
export class WranglerError extends Error {
  override readonly name = 'WranglerError';
}

/**
 * Runs wrangler to its end, without asking anybody anything.
 *
 * @param signal ends it early
 * @throws WranglerError, and the signal's reason once wrangler has ended because of it
 */
export async function runWrangler(args: readonly string[], signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  const child = spawn(process.execPath, [WRANGLER, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, WRANGLER_SEND_METRICS: 'false' },
  });
  const stop = () => child.kill('SIGTERM');
  signal.addEventListener('abort', stop);
  try {
    const exited = new Promise<number | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', resolve);
    });
    const [code, stdout, stderr] = await Promise.all([
      exited,
      text(child.stdout),
      text(child.stderr),
    ]);
    if (code === 0) return;
    signal.throwIfAborted();
    const said = stripVTControlCharacters(stderr).trim() || stripVTControlCharacters(stdout).trim();
    throw new WranglerError(said || `wrangler ended with exit code ${code} and said nothing`);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
