import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { freePort } from '../test/helpers/free-port.ts';

/** A server that the bench can start. */
export interface Side {
  readonly name: string;
  /** @param answer what it would answer, for a side that computes nothing */
  command(port: number, answer: string): { argv: readonly string[]; env?: Record<string, string> };
}

const PYTHON_FOLDER = 'dist/bench-python';
const python = `${PYTHON_FOLDER}/bin/python`;
const node = process.execPath;

/** Kilat first: the others are compared with it. */
export const SIDES: readonly Side[] = [
  {
    name: 'Kilat on Node',
    command: (port) => ({ argv: [node, 'src/node.ts'], env: { PORT: String(port) } }),
  },
  {
    name: 'Kilat on Node, one row a run',
    command: (port) => ({
      argv: [node, 'src/node.ts'],
      env: { PORT: String(port), MAX_BATCH_ROWS: '1' },
    }),
  },
  {
    name: 'bare node:http, same JSON and bytes',
    command: (port, answer) => ({
      argv: [node, 'bench/sides/bare.ts'],
      env: { PORT: String(port), ANSWER: answer },
    }),
  },
  {
    name: 'FastAPI, native ONNX Runtime, uvicorn',
    command: (port) => ({
      argv: [
        python,
        ...['-m', 'uvicorn', '--app-dir', 'bench/sides', '--port', String(port)],
        ...['--no-access-log', '--log-level', 'warning', 'fastapi_app:app'],
      ],
    }),
  },
  {
    name: 'Flask, scikit-learn, gunicorn with 2 workers',
    command: (port) => ({
      argv: [
        python,
        ...['-m', 'gunicorn', '--chdir', 'bench/sides', '--workers', '2'],
        ...['--bind', `127.0.0.1:${port}`, '--log-level', 'error', 'flask_app:app'],
      ],
    }),
  },
  {
    name: 'Flask, scikit-learn, development server',
    command: (port) => ({ argv: [python, 'bench/sides/flask_app.py', String(port)] }),
  },
];

/** Installs what the sides and the load generator need: wrk where Debian's packages can be had, and Python. */
export function install(): void {
  if (spawnSync('which', ['wrk']).status !== 0) {
    if (process.getuid?.() !== 0 || spawnSync('which', ['apt-get']).status !== 0) {
      throw new Error('the bench needs wrk: please install it');
    }
    execFileSync('apt-get', ['update', '-qq'], { stdio: 'inherit' });
    execFileSync('apt-get', ['install', '-y', '-qq', 'wrk', 'python3-venv'], { stdio: 'inherit' });
  }
  if (existsSync(python)) return;
  execFileSync('python3', ['-m', 'venv', PYTHON_FOLDER], { stdio: 'inherit' });
  const requirements = ['-m', 'pip', 'install', '--quiet', '-r', 'bench/sides/requirements.txt'];
  execFileSync(python, requirements, { stdio: 'inherit' });
}

/** A side that is running. */
export interface RunningSide {
  readonly name: string;
  readonly url: string;
  /** Seconds from the start of its process to its first answer. */
  readonly startSeconds: number;
  /** Resident memory of all its processes, in MiB. */
  memory(): number;
  stop(): Promise<void>;
}

/** Starts a side and waits for its first answer to a request. */
export async function startSide(
  side: Side,
  request: RequestInit,
  answer: string,
): Promise<RunningSide> {
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
  const url = `http://127.0.0.1:${port}/predict`;
  while (!(await answers(url, request))) {
    if (child.exitCode !== null) throw new Error(`${side.name} did not start`);
    if (performance.now() - started > 60_000) throw new Error(`${side.name} does not answer`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return {
    name: side.name,
    url,
    startSeconds: (performance.now() - started) / 1000,
    memory: () => groupMemory(child),
    stop: async () => {
      const exited = once(child, 'exit');
      // Nothing of it is needed any more, and some would wait for idle connections.
      process.kill(-(child.pid ?? 0), 'SIGKILL');
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

function groupMemory(child: ChildProcess): number {
  const { stdout } = spawnSync('ps', ['-o', 'rss=', '-g', String(child.pid)], { encoding: 'utf8' });
  return stdout.split('\n').reduce((sum, line) => sum + Number(line), 0) / 1024;
}
