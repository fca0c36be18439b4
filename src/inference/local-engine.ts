import type { Clock } from '../clock.ts';
import { createWasmEngine } from './onnx.ts';
import { createNativeEngine } from './onnx-native.ts';
import type { Engine } from './types.ts';

export type EngineKind = 'wasm' | 'native';

/**
 * The engine of one thread on Node.
 *
 * @param options.module ONNX Runtime's wasm, compiled once for all threads; the native engine does without
 */
export function createLocalEngine(
  kind: EngineKind,
  options: { clock: Clock; module: WebAssembly.Module },
): Promise<Engine> {
  return kind === 'native' ? createNativeEngine(options) : createWasmEngine(options);
}
