import { execFile } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const folder = mkdtempSync(join(tmpdir(), 'kilat-bench-'));
let scripts = 0;

/** What a server did under load. */
export interface Load {
  readonly requests: number;
  /** Requests a second. */
  readonly rate: number;
  /** Milliseconds that 99 of 100 requests took at most. */
  readonly p99: number;
}

/**
 * Drives a server with wrk, one thread, for some seconds.
 *
 * @param body what is posted as JSON; without it GET
 * @throws Error when a request fails
 */
export async function drive(options: {
  url: string;
  body?: string;
  connections: number;
  seconds: number;
}): Promise<Load> {
  const { url, body, connections, seconds } = options;
  const script = join(folder, `${scripts++}.lua`);
  const posting = `wrk.method = "POST"\nwrk.headers["Content-Type"] = "application/json"\nwrk.body = [==[${body}]==]\n`;
  writeFileSync(
    script,
    `${body === undefined ? '' : posting}done = function(summary, latency)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  io.write(string.format("%d %d %d %d\\n", summary.requests, summary.duration, latency:percentile(99), failed))
end
`,
  );
  const args = ['-t1', `-c${connections}`, `-d${seconds}s`, '--timeout', '60s', '-s', script, url];
  const { stdout } = await run('wrk', args);
  const [requests = 0, micros = 1, p99 = 0, failed = 0] = (stdout.trim().split('\n').at(-1) ?? '')
    .split(' ')
    .map(Number);
  if (failed > 0) throw new Error(`${failed} requests to ${url} failed`);
  return { requests, rate: (requests * 1e6) / micros, p99: p99 / 1000 };
}
