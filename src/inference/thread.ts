import { performance } from 'node:perf_hooks';
import process from 'node:process';
import { workerData } from 'node:worker_threads';
import { move, transferableSymbol, valueSymbol } from 'piscina';
import { runningClock } from '../clock.ts';
import { createLocalEngine, type LocalEngineOptions } from './local-engine.ts';
import type { ExternalData } from './store.ts';
import type { Tensor } from './tensor.ts';
import { prepareTransfer } from './transfer.ts';
import { ModelError, type ModelFault, type Session, type TensorSpec } from './types.ts';
import { warmUp } from './warm-up.ts';

/** One thread of a model's pool: it holds one session and runs what it is sent. */

/** What a thread is started with. */
export interface ThreadSetup {
  readonly engine: LocalEngineOptions;
  readonly graph: Uint8Array;
  readonly externalData: readonly ExternalData[];
}

/** What the graph turned out to be. An error's class would be lost on the way, so a fault travels as data. */
export type Description =
  | { readonly inputs: readonly TensorSpec[]; readonly outputs: readonly TensorSpec[] }
  | { readonly fault: ModelFault; readonly message: string };

export interface ThreadRun {
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly string[];
}

export interface ThreadResult {
  readonly outputs: readonly Tensor[];
  readonly seconds: number;
  /** When the run began, in milliseconds since the Unix epoch. */
  readonly startedAt: number;
}

const loading = load(workerData);
// Whoever asks hears of a failure; before that it is nobody's.
loading.catch(() => {});

async function load({ engine: options, graph, externalData }: ThreadSetup): Promise<Session> {
  const engine = await createLocalEngine(options, runningClock);
  const session = await engine.load(graph, externalData);
  await warmUp(session);
  return session;
}

export async function describe(): Promise<Description> {
  try {
    const { inputs, outputs } = await loading;
    return { inputs, outputs };
  } catch (error) {
    if (error instanceof ModelError) return { fault: error.fault, message: error.message };
    throw error;
  }
}

export async function run({ inputs, outputs }: ThreadRun) {
  const session = await loading;
  try {
    const startedAt = performance.timeOrigin + performance.now();
    const { outputs: results, seconds } = await session.run(inputs, outputs);
    const { tensors, buffers } = prepareTransfer(results);
    const result: ThreadResult = { outputs: tensors, seconds, startedAt };
    return move({ [transferableSymbol]: buffers, [valueSymbol]: result });
  } catch (error) {
    // WebAssembly that has trapped cannot be trusted again: this thread ends, and another takes its place.
    if (error instanceof WebAssembly.RuntimeError) process.exit(1);
    throw error;
  }
}
