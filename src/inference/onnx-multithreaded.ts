import { env, InferenceSession, Tensor } from 'onnxruntime-web';
import type { Clock } from '../clock.ts';
import { createOnnxEngine } from './onnx-session.ts';
import type { Engine } from './types.ts';

/**
 * ONNX Runtime Web on WebAssembly with several threads for each run, as an engine on Node. This is the package's
 * entry for Node: the one that also loads in a Worker cannot start threads.
 *
 * @param options.threads threads of one run, at least 2; the thread it is called from is one of them
 */
export async function createMultithreadedWasmEngine(options: {
  clock: Clock;
  threads: number;
}): Promise<Engine> {
  env.wasm.numThreads = options.threads;
  env.logLevel = 'fatal';
  const runtime = { InferenceSession, Tensor };
  const session = { executionProviders: ['wasm'] };
  return createOnnxEngine('onnxruntime-web/wasm', runtime, { clock: options.clock, session });
}
