import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { setImmediate, setTimeout } from 'node:timers';
import { fileURLToPath } from 'node:url';
import type { Clock } from '../clock.ts';
import type { BatchingOptions } from './batcher.ts';
import { createLocalEngine, type LocalEngineOptions } from './local-engine.ts';
import { createThreadedEngine } from './threads.ts';
import type { Engine } from './types.ts';

/** How models run on Node, for the server and for commands that have to find out what the server would do. */

export interface NodeEngineOptions extends Omit<LocalEngineOptions, 'module'> {
  /** Threads for each model that needs them; 0 runs everything in this one. Without it all cores but one. */
  readonly threads?: number | undefined;
  /** How long a run in a thread may take, in milliseconds; without it as long as it likes. */
  readonly longestRunMs?: number | undefined;
}

/** How long a run that requests share may be expected to take, in milliseconds. */
const LONGEST_SHARED_RUN_MS = 50;

/**
 * Short runs go in this thread, long ones in others.
 *
 * @throws NativeEngineError
 */
export async function createNodeEngine(options: NodeEngineOptions, clock: Clock): Promise<Engine> {
  const { kind, intraOpThreads, longestRunMs } = options;
  const threads = options.threads ?? defaultThreads();
  const wasm = fileURLToPath(import.meta.resolve('onnxruntime-web/ort-wasm-simd-threaded.wasm'));
  const module = await WebAssembly.compile(await readFile(wasm));
  const engine = { kind, module, intraOpThreads };
  if (threads === 0) return createLocalEngine(engine, clock);
  // What stays in this thread is too short to be worth dividing.
  const own = await createLocalEngine({ ...engine, intraOpThreads: 1 }, clock);
  return createThreadedEngine({ own, engine, threads, longestRunMs });
}

/** Threads for each model that needs them, where no number is set: one core is left to everything that is no inference. */
export function defaultThreads(): number {
  return Math.max(1, availableParallelism() - 1);
}

/** How requests share runs on Node. */
export function createNodeBatching(
  limits: Pick<BatchingOptions, 'maxRows' | 'maxDelayMs' | 'maxQueueRows'>,
  clock: Clock,
): BatchingOptions {
  return {
    ...limits,
    maxRunMs: LONGEST_SHARED_RUN_MS,
    schedule: (flush, delayMs) => {
      // Once everything that has arrived is read, the immediates run: they find all that can share a run.
      if (delayMs === 0) setImmediate(flush);
      else setTimeout(flush, delayMs);
    },
    wait: (ms, callback) => void setTimeout(callback, ms).unref(),
    now: clock.now,
  };
}
