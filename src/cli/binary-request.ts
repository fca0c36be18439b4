import { concatenate } from '../http/body.ts';
import type { Tensor } from '../inference/tensor.ts';
import { writeBinaryTensor } from '../protocols/binary-tensors.ts';

/** Its value is how long the JSON ahead of the binary tensors is. */
export const HEADER_LENGTH = 'Inference-Header-Content-Length';

/**
 * A request of the Open Inference Protocol in bytes, which carry what JSON has no number for.
 *
 * @param parameters of the request
 */
export function writeBinaryRequest(
  tensors: readonly Tensor[],
  parameters: Readonly<Record<string, boolean>> = {},
): { readonly headers: Record<string, string>; readonly body: Uint8Array<ArrayBuffer> } {
  const parts = tensors.map(writeBinaryTensor);
  const inputs = tensors.map(({ name, datatype, shape }, i) => ({
    name,
    datatype,
    shape,
    parameters: { binary_data_size: parts[i]?.byteLength },
  }));
  const head = new TextEncoder().encode(JSON.stringify({ parameters, inputs }));
  const size = parts.reduce((sum, part) => sum + part.byteLength, head.byteLength);
  const headers = {
    'Content-Type': 'application/octet-stream',
    [HEADER_LENGTH]: String(head.byteLength),
  };
  return { headers, body: concatenate([head, ...parts], size) };
}
