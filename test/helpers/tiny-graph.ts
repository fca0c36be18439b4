const text = (value: string) => [...Buffer.from(value)];
/** A field of a protobuf message, of fewer than 128 bytes. */
const field = (number: number, bytes: readonly number[]) => [
  number * 8 + 2,
  bytes.length,
  ...bytes,
];

/**
 * A graph of one node, from `x` to `y`, which are of the same shape.
 *
 * @param dimension each of theirs, as protobuf; nothing for one that may vary
 * @param options.type that of x and y, as a TensorProto.DataType; FP32 without it
 * @param options.second the node's second input: a whole number that the graph holds
 */
export function tinyGraph(
  operator: string,
  dimension: readonly number[],
  rank: number,
  { type = 1, second }: { type?: number; second?: number } = {},
): Uint8Array {
  const shape = Array.from({ length: rank }, () => field(1, dimension)).flat();
  const value = (name: string) => [
    ...field(1, text(name)),
    ...field(2, field(1, [8, type, ...field(2, shape)])),
  ];
  const constant =
    second === undefined
      ? []
      : field(5, [8, 1, 16, 7, ...field(7, [second]), ...field(8, text('c'))]);
  const node = [
    ...field(1, text('x')),
    ...(second === undefined ? [] : field(1, text('c'))),
    ...field(2, text('y')),
    ...field(4, text(operator)),
  ];
  const graph = [
    ...field(1, node),
    ...field(2, text('g')),
    ...constant,
    ...field(11, value('x')),
    ...field(12, value('y')),
  ];
  return Uint8Array.from([8, 8, ...field(7, graph), ...field(8, [16, 13])]);
}
