import { env, InferenceSession, Tensor } from 'onnxruntime-web/wasm';
import type { Clock } from '../clock.ts';
import { createOnnxEngine } from './onnx-session.ts';
import { withPrecompiledModule } from './precompiled-wasm.ts';
import type { Engine } from './types.ts';

/**
 * The WebAssembly engine. ONNX Runtime keeps one module per JavaScript realm, and initialising it twice at
 * once or again after a failure breaks it for good: that is why this state is the module's, not a caller's.
 */
let initialised: Promise<void> | undefined;

/** A graph of one node that hands its input on: what the runtime is initialised with. */
const IDENTITY_GRAPH = Uint8Array.from(
  atob(
    'CAg6PgoQCgF4EgF5IghJZGVudGl0eRIIaWRlbnRpdHlaDwoBeBIKCggIARIECgIIAWIPCgF5EgoKCAgBEgQKAggBQgQKABAN',
  ),
  (character) => character.charCodeAt(0),
);

function initialise(module: WebAssembly.Module | undefined): Promise<void> {
  initialised ??= (async () => {
    env.wasm.numThreads = 1;
    env.logLevel = 'fatal';
    const start = async () => (await InferenceSession.create(IDENTITY_GRAPH)).release();
    await (module ? withPrecompiledModule(env.wasm, module, start) : start());
  })();
  return initialised;
}

/**
 * ONNX Runtime Web on WebAssembly, one thread, as an engine.
 *
 * @param options.module the runtime's wasm, already compiled: where compiling bytes is forbidden (Workers),
 *   or several threads share it
 */
export async function createWasmEngine(options: {
  clock: Clock;
  module?: WebAssembly.Module;
}): Promise<Engine> {
  await initialise(options.module);
  const runtime = { InferenceSession, Tensor };
  const session = { executionProviders: ['wasm'] };
  return createOnnxEngine('onnxruntime-web/wasm', runtime, { clock: options.clock, session });
}
