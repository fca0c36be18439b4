import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { freePort } from '../test/helpers/free-port.ts';
import { post } from '../test/helpers/golden.ts';
import type { Rows, Side, SideRequest } from './sides.ts';

/** How a side is asked for predictions: in Kilat's own form, unless it speaks another. */
function requestTo(side: Side, rows: Rows): SideRequest {
  return side.request?.(rows) ?? { path: '/predict', body: JSON.stringify({ instances: rows }) };
}

/** A side that is running. */
export interface RunningSide {
  readonly name: string;
  /** Where it is asked for predictions, and with what. */
  request(rows: Rows): { url: string; body: string };
  /** Seconds from the start of its process to its first answer. */
  readonly startSeconds: number;
  /** Resident memory of all its processes, in MiB. */
  memory(): number;
  /** Holds all its processes still, so that what they do while nobody asks them disturbs no other side. */
  freeze(): void;
  thaw(): void;
  stop(): Promise<void>;
}

/** Starts a side and waits for its first answer, to a request with these rows. */
export async function startSide(side: Side, rows: Rows, answer: string): Promise<RunningSide> {
  const port = await freePort();
  const { argv, env } = side.command(port, answer);
  const [program = '', ...args] = argv;
  const started = performance.now();
  const child = spawn(program, args, {
    env: { ...process.env, ...env },
    stdio: 'ignore',
    // A group of its own, so that workers which it starts are stopped with it.
    detached: true,
  });
  const request = (asked: Rows) => {
    const { path, body } = requestTo(side, asked);
    return { url: `http://127.0.0.1:${port}${path}`, body };
  };
  const { url, body } = request(rows);
  const signal = (name: string) => {
    const pids = processes(child).map(({ pid }) => String(pid));
    spawnSync('kill', [`-${name}`, ...pids]);
  };
  while (!(await answers(url, post(body)))) {
    if (child.exitCode !== null) throw new Error(`${side.name} did not start`);
    if (performance.now() - started > 60_000) throw new Error(`${side.name} does not answer`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return {
    name: side.name,
    request,
    startSeconds: (performance.now() - started) / 1000,
    memory: () => processes(child).reduce((sum, { rss }) => sum + rss, 0) / 1024,
    freeze: () => signal('STOP'),
    thaw: () => signal('CONT'),
    stop: async () => {
      const exited = once(child, 'exit');
      // Nothing of it is needed any more, and some would wait for idle connections.
      const workers = processes(child).map(({ pid }) => String(pid));
      process.kill(-(child.pid ?? 0), 'SIGKILL');
      // Those outside its group; the others are gone already, which `kill` only reports.
      spawnSync('kill', ['-KILL', ...workers]);
      await exited;
    },
  };
}

async function answers(url: string, request: RequestInit): Promise<boolean> {
  try {
    const response = await fetch(url, request);
    await response.arrayBuffer();
    return response.ok;
  } catch {
    return false;
  }
}

/** A process and all that it has started, which need not be in its group: BentoML's workers leave it. */
function processes(child: ChildProcess): { pid: number; rss: number }[] {
  const { stdout } = spawnSync('ps', ['-eo', 'pid=,ppid=,rss='], { encoding: 'utf8' });
  const all = stdout.split('\n').map((line) => {
    const [pid = 0, parent = 0, rss = 0] = line.trim().split(/\s+/).map(Number);
    return { pid, parent, rss };
  });
  const found = all.filter(({ pid }) => pid === child.pid);
  // Grows as it is gone through.
  for (const { pid } of found) found.push(...all.filter(({ parent }) => parent === pid));
  return found;
}
