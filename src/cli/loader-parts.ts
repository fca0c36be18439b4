import { runningClock as clock } from '../clock.ts';
import type { Config } from '../config.ts';
import type { LoaderParts } from '../inference/loader.ts';
import { createNodeBatching, createNodeEngine } from '../inference/node-engine.ts';
import { log, NOBODY } from './nobody.ts';

/**
 * What a command loads models with, to find out what the server would do: the engine and the sharing of runs are as the
 * settings have them.
 *
 * @throws NativeEngineError
 */
export async function createLoaderParts(config: Config): Promise<LoaderParts> {
  const { ENGINE: kind, INFERENCE_THREADS: threads, INTRA_OP_THREADS: intraOpThreads } = config;
  const limits = {
    maxRows: config.MAX_BATCH_ROWS,
    maxDelayMs: config.MAX_BATCH_DELAY_MS,
    maxQueueRows: config.MAX_QUEUE_ROWS,
  };
  return {
    engine: await createNodeEngine({ kind, threads, intraOpThreads }, clock),
    clock,
    observer: NOBODY,
    log,
    batching: createNodeBatching(limits, clock),
  };
}
