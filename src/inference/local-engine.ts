import type { Clock } from '../clock.ts';
import { createWasmEngine } from './onnx.ts';
import { createMultithreadedWasmEngine } from './onnx-multithreaded.ts';
import { createNativeEngine } from './onnx-native.ts';
import type { Engine } from './types.ts';

export interface LocalEngineOptions {
  readonly kind: 'wasm' | 'native';
  /** ONNX Runtime's wasm, compiled once for all threads; the native engine does without. */
  readonly module: WebAssembly.Module;
  /** Threads that work on one run together. */
  readonly intraOpThreads: number;
}

/** The engine of one thread on Node. */
export function createLocalEngine(
  { kind, module, intraOpThreads: threads }: LocalEngineOptions,
  clock: Clock,
): Promise<Engine> {
  if (kind === 'native') return createNativeEngine({ clock, threads });
  if (threads > 1) return createMultithreadedWasmEngine({ clock, threads });
  return createWasmEngine({ clock, module });
}
