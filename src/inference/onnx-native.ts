import type { Clock } from '../clock.ts';
import { createOnnxEngine, type OnnxRuntime } from './onnx-session.ts';
import type { Engine } from './types.ts';

/** The native engine was asked for and cannot be had: the message says what to do. */
export class NativeEngineError extends Error {
  override readonly name = 'NativeEngineError';
}

/**
 * ONNX Runtime's native build for Node as an engine, when its package is installed.
 *
 * @param options.threads threads of one run; the thread it is called from is one of them
 * @throws NativeEngineError when `onnxruntime-node` is missing or cannot be loaded
 */
export async function createNativeEngine(options: {
  clock: Clock;
  threads: number;
}): Promise<Engine> {
  const { InferenceSession, Tensor } = await importRuntime();
  const session = {
    executionProviders: ['cpu'],
    intraOpNumThreads: options.threads,
    interOpNumThreads: 1,
    // Weights are handed over with the graph. Without this it would look for others in the working directory.
    extra: { session: { model_external_initializers_file_folder_path: NOWHERE } },
  };
  const runtime: OnnxRuntime = {
    // It takes no memory that threads share, so it gets a copy of its own.
    InferenceSession: {
      create: (graph, settings) => InferenceSession.create(graph.slice(), settings),
    },
    Tensor: bitsTensor(Tensor),
  };
  return createOnnxEngine('onnxruntime-node/cpu', runtime, { clock: options.clock, session });
}

/**
 * The same tensors, but that FP16 goes in as its bits. The platform's Float16Array, which the package would make of them,
 * is one that its native half takes for empty.
 */
function bitsTensor(Tensor: OnnxRuntime['Tensor']): OnnxRuntime['Tensor'] {
  return class extends Tensor {
    constructor(...[type, data, dims]: ConstructorParameters<OnnxRuntime['Tensor']>) {
      super(type === 'float16' ? 'uint16' : type, data, dims);
      if (type === 'float16') Object.assign(this, { type });
    }
  };
}

/** A folder that cannot be. */
const NOWHERE = '/dev/null/nowhere';

async function importRuntime() {
  try {
    // biome-ignore lint/correctness/noUndeclaredDependencies: installed by those alone who want it
    return await import('onnxruntime-node');
  } catch (error) {
    const reason = error instanceof Error ? error.message.split('\n', 1)[0] : String(error);
    throw new NativeEngineError(
      `ENGINE=native needs the package onnxruntime-node (npm install onnxruntime-node); it cannot be loaded: ${reason}`,
      { cause: error },
    );
  }
}
