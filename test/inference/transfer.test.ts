import { describe, expect, it } from 'vitest';
import type { Tensor } from '../../src/inference/tensor.ts';
import { prepareTransfer } from '../../src/inference/transfer.ts';

const tensor = (data: Tensor['data']): Tensor => ({
  name: 'x',
  datatype: 'FP32',
  shape: [data.length],
  data,
});

describe('tensors that move to another thread', () => {
  it('move as they are when they own their memory', () => {
    const data = new Float32Array([1, 2]);
    const { tensors, buffers } = prepareTransfer([tensor(data)]);
    expect(tensors[0]?.data).toBe(data);
    expect(buffers).toEqual([data.buffer]);
  });

  it('leave memory that others use where it is', () => {
    const all = new Float32Array([1, 2, 3, 4]);
    const given = [tensor(all.subarray(0, 2)), tensor(all.subarray(2)), tensor(all), tensor(all)];
    const { tensors, buffers } = prepareTransfer(given);
    structuredClone(tensors, { transfer: buffers });
    expect(new Set(buffers).size).toBe(4);
    // One of the two that had it all has taken it along.
    expect(all.length).toBe(0);

    const part = new Float32Array([5, 6, 7]);
    const moved = prepareTransfer([tensor(part.subarray(1))]);
    expect(structuredClone(moved.tensors, { transfer: moved.buffers })[0]?.data).toEqual(
      new Float32Array([6, 7]),
    );
    expect(Array.from(part)).toEqual([5, 6, 7]);
  });

  it('are cloned when they are text', () => {
    const { tensors, buffers } = prepareTransfer([{ ...tensor(['a', 'b']), datatype: 'BYTES' }]);
    expect(tensors[0]?.data).toEqual(['a', 'b']);
    expect(buffers).toEqual([]);
  });
});
