import { readFileSync } from 'node:fs';

/** The side of the matrices that test/models/slow.onnx multiplies. */
const SIDE = 512;

/**
 * The graph of test/models/slow.onnx with matrices of another side: a row costs in proportion to its cube, and
 * gives the same.
 */
export function slowGraph(side: number): Uint8Array {
  const graph = readFileSync('test/models/slow.onnx');
  const shape = (of: number) => Buffer.from(BigInt64Array.of(BigInt(of), BigInt(of)).buffer);
  const share = (of: number) => Buffer.from(Float32Array.of(1 / of).buffer);
  shape(side).copy(graph, graph.indexOf(shape(SIDE)));
  share(side).copy(graph, graph.indexOf(share(SIDE)));
  return graph;
}
