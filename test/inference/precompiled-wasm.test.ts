import { describe, expect, it } from 'vitest';
import { withPrecompiledModule } from '../../src/inference/precompiled-wasm.ts';

/** The smallest module there is: magic and version. */
const EMPTY = new Uint8Array([0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00]);

describe('a precompiled module', () => {
  const { instantiate } = WebAssembly;
  const module = new WebAssembly.Module(EMPTY);

  it.each([
    ['a view', (buffer: ArrayBuffer) => new Uint8Array(buffer)],
    ['a copy', (buffer: ArrayBuffer) => new Uint8Array(buffer.slice(0))],
    ['the buffer', (buffer: ArrayBuffer) => buffer],
  ])('answers for the placeholder, given as %s', async (_, give) => {
    const source: { wasmBinary?: ArrayBuffer } = {};
    let result: unknown;
    await withPrecompiledModule(source, module, async () => {
      result = await WebAssembly.instantiate(give(source.wasmBinary as ArrayBuffer), {});
    });
    expect(result).toEqual({ instance: expect.any(WebAssembly.Instance), module });
    expect(source.wasmBinary).toBeUndefined();
    expect(WebAssembly.instantiate).toBe(instantiate);
  });

  it('leaves every other module alone', async () => {
    const source: { wasmBinary?: ArrayBuffer } = {};
    await withPrecompiledModule(source, module, async () => {
      await WebAssembly.instantiate(source.wasmBinary as ArrayBuffer, {});
      const other = await WebAssembly.instantiate(EMPTY, {});
      expect(other.module).not.toBe(module);
    });
  });

  it('puts everything back when the start fails', async () => {
    const source = { wasmBinary: EMPTY };
    const start = () => Promise.reject(new Error('no'));
    await expect(withPrecompiledModule(source, module, start)).rejects.toThrow('no');
    expect(WebAssembly.instantiate).toBe(instantiate);
    expect(source.wasmBinary).toBe(EMPTY);
  });

  it('fails loudly when the runtime starts in another way', async () => {
    await expect(withPrecompiledModule({}, module, async () => {})).rejects.toThrow(
      'onnxruntime-web did not instantiate the placeholder',
    );
  });
});
