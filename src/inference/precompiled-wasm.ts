/** The part of ONNX Runtime Web's `env.wasm` that says where its WebAssembly comes from. */
interface WasmSource {
  wasmBinary?: ArrayBufferLike | Uint8Array | undefined;
}

/**
 * Runs `start`, which initialises ONNX Runtime Web, with a module that is already compiled.
 *
 * Workers forbid compiling WebAssembly from bytes, and ONNX Runtime Web takes nothing but bytes. So it is
 * given a placeholder for the bytes, and while `start` runs `WebAssembly.instantiate` answers for that
 * placeholder, and for nothing else, with an instance of `module`. Both are put back afterwards.
 *
 * @throws Error when the runtime did not ask for the placeholder: a new version initialises in another way,
 *   and this file has to follow it
 */
export async function withPrecompiledModule(
  source: WasmSource,
  module: WebAssembly.Module,
  start: () => Promise<void>,
): Promise<void> {
  const placeholder = new TextEncoder().encode('kilat: precompiled module');
  const { instantiate } = WebAssembly;
  const previous = source.wasmBinary;
  let asked = false;

  const answer = async (bytes: unknown, imports?: WebAssembly.Imports) => {
    if (!isPlaceholder(bytes, placeholder)) {
      return Reflect.apply(instantiate, WebAssembly, [bytes, imports]);
    }
    asked = true;
    return { instance: await instantiate(module, imports), module };
  };

  source.wasmBinary = placeholder.buffer;
  Object.assign(WebAssembly, { instantiate: answer });
  try {
    await start();
  } finally {
    Object.assign(WebAssembly, { instantiate });
    source.wasmBinary = previous;
  }
  if (!asked) {
    throw new Error(
      'onnxruntime-web did not instantiate the placeholder: it initialises in a new way, see precompiled-wasm.ts',
    );
  }
}

/** Compares what is held: the runtime may wrap the buffer in a view of its own, or copy it. */
function isPlaceholder(bytes: unknown, placeholder: Uint8Array): boolean {
  if (!(bytes instanceof ArrayBuffer) && !ArrayBuffer.isView(bytes)) return false;
  const given =
    bytes instanceof ArrayBuffer
      ? new Uint8Array(bytes)
      : new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return (
    given.length === placeholder.length && given.every((byte, index) => byte === placeholder[index])
  );
}
