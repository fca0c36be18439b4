/** A request with binary tensors: JSON and the bytes of the inputs that have some, in their order. */
export function binaryRequest(
  json: object,
  parts: readonly Uint8Array[],
  headers: Record<string, string> = {},
): RequestInit {
  const head = new TextEncoder().encode(JSON.stringify(json));
  return {
    method: 'POST',
    headers: {
      'Content-Type': 'application/octet-stream',
      'Inference-Header-Content-Length': String(head.byteLength),
      ...headers,
    },
    body: new Blob([head, ...parts.map((part) => new Uint8Array(part))]),
  };
}

/** One output as an answer has it, with its bytes where it came as bytes. */
export interface Output {
  readonly name: string;
  readonly datatype: string;
  readonly shape: number[];
  readonly parameters?: { readonly binary_data_size?: number };
  readonly data?: unknown[];
  readonly bytes?: Uint8Array;
}

/** Takes an answer apart, whether it is JSON or has binary tensors. */
export async function readAnswer(
  response: Response,
): Promise<{ outputs: Output[]; [field: string]: unknown }> {
  const length = response.headers.get('Inference-Header-Content-Length');
  if (length === null) return (await response.json()) as { outputs: Output[] };
  const body = new Uint8Array(await response.arrayBuffer());
  const head = JSON.parse(new TextDecoder().decode(body.subarray(0, Number(length)))) as {
    outputs: Output[];
  };
  let offset = Number(length);
  const outputs = head.outputs.map((output) => {
    const size = output.parameters?.binary_data_size;
    if (size === undefined) return output;
    offset += size;
    return { ...output, bytes: body.slice(offset - size, offset) };
  });
  if (offset !== body.byteLength) throw new Error(`${body.byteLength - offset} bytes too many`);
  return { ...head, outputs };
}
