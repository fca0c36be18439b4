import type { Tensor } from './tensor.ts';

/** Tensors that can move to another thread, and the buffers to hand over with them. */
export interface Transfer {
  readonly tensors: readonly Tensor[];
  readonly buffers: ArrayBuffer[];
}

/**
 * Makes tensors ready to move without being copied. What shares its buffer with others, as rows of a batch or
 * parts of a body do, gets a buffer of its own first: moving takes a buffer from everybody else.
 */
export function prepareTransfer(tensors: readonly Tensor[]): Transfer {
  const buffers: ArrayBuffer[] = [];
  const movable = tensors.map((tensor) => {
    const { data } = tensor;
    if (Array.isArray(data)) return tensor;
    const { buffer } = data;
    const owned = buffer instanceof ArrayBuffer && buffer.byteLength === data.byteLength;
    const own = owned && !buffers.includes(buffer) ? data : data.slice();
    if (own.buffer instanceof ArrayBuffer) buffers.push(own.buffer);
    return { ...tensor, data: own };
  });
  return { tensors: movable, buffers };
}
