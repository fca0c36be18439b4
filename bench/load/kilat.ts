import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SideRequest } from '../sides.ts';
import { type RunningSide, startSide } from '../start-side.ts';

/** Signals that come together are one: npx passes on those that a terminal has sent to the whole group. */
const SAME_SIGNAL_MS = 1000;

/**
 * Starts the server ($0) with its log ($1). The shell becomes the server, so its process id ($$) is the server's; what
 * looks on ends it when this process ($2) is not there any more, even if it was killed.
 */
const START = `
(while kill -0 "$2"; do sleep 2; done; kill -KILL $$) 2>/dev/null &
exec "$0" src/node.ts >"$1" 2>&1
`;

export interface Kilat extends RunningSide {
  readonly port: number;
  /** Aborted by the first signal to stop; another one ends this process at once, and the server with it. */
  readonly interrupted: AbortSignal;
  /** Its metrics, as text. */
  metrics(): Promise<string>;
  /** What it has logged, which at LOG_LEVEL=error is what nobody wants to see. */
  log(): string;
}

/** Starts Kilat in a process of its own, which ends with this one, and waits for its answer to a first request. */
export async function startKilat(
  settings: Readonly<Record<string, string>>,
  first: SideRequest,
): Promise<Kilat> {
  const interrupted = stopOnSignals();
  const folder = mkdtempSync(join(tmpdir(), 'kilat-load-'));
  const logFile = join(folder, 'log');
  closeSync(openSync(logFile, 'w'));
  const side = await startSide(
    {
      name: 'Kilat',
      command: (port) => ({
        argv: ['sh', '-c', START, process.execPath, logFile, String(process.pid)],
        env: { LOG_LEVEL: 'error', ...settings, PORT: String(port) },
      }),
      request: () => first,
    },
    [],
    '',
  );
  process.once('exit', () => rmSync(folder, { recursive: true }));
  // At an exit only what is done at once is done; that is enough to kill it.
  const kill = () => void side.stop();
  process.once('exit', kill);
  if (interrupted.aborted) process.exit();
  const { origin, port } = new URL(side.request([]).url);
  return {
    ...side,
    port: Number(port),
    metrics: async () => (await fetch(new URL('/metrics', origin))).text(),
    interrupted,
    log: () => readFileSync(logFile, 'utf8'),
    stop: async () => {
      process.off('exit', kill);
      await side.stop();
    },
  };
}

function stopOnSignals(): AbortSignal {
  const controller = new AbortController();
  let first = Number.POSITIVE_INFINITY;
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.on(name, () => {
      process.exitCode = 128 + constants.signals[name];
      const now = performance.now();
      if (now - first > SAME_SIGNAL_MS) process.exit();
      if (!controller.signal.aborted) first = now;
      controller.abort();
    });
  }
  return controller.signal;
}
