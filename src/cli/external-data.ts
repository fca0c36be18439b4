import { copyFile, mkdir, stat } from 'node:fs/promises';
import { dirname, join, normalize } from 'node:path';

/** How an ONNX file begins to name a file of weights: the key `location` of a StringStringEntryProto, and its value's tag. */
const BEGINNING = Uint8Array.of(0x0a, 8, ...new TextEncoder().encode('location'), 0x12);

/**
 * Copies the files that a graph keeps weights in.
 *
 * @param from the folder of the graph, and to where
 * @param stopped ends it between two files, with its reason
 * @returns what was copied, by its path from there, and what the graph seems to name and is not there
 */
export async function copyExternalData(
  graph: Uint8Array,
  from: string,
  to: string,
  stopped: AbortSignal,
): Promise<{ found: readonly string[]; missing: readonly string[] }> {
  const found: string[] = [];
  const missing: string[] = [];
  for (const named of findExternalData(graph)) {
    stopped.throwIfAborted();
    const path = normalize(named);
    // What lies elsewhere, or is hidden, a server does not read either.
    const isBelow = path.split('/').every((part) => part !== '' && !part.startsWith('.'));
    if (!isBelow || !(await isFile(join(from, path)))) {
      missing.push(named);
      continue;
    }
    await mkdir(dirname(join(to, path)), { recursive: true });
    await copyFile(join(from, path), join(to, path));
    found.push(path);
  }
  return { found, missing };
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (stats) => stats.isFile(),
    () => false,
  );
}

/**
 * The files that a graph keeps weights in, as it names them: relative to its own folder. What else is called a location in
 * it, as its notes may, is among them.
 */
function findExternalData(graph: Uint8Array): readonly string[] {
  const found = new Set<string>();
  const [first = 0] = BEGINNING;
  for (let at = graph.indexOf(first); at >= 0; at = graph.indexOf(first, at + 1)) {
    if (!BEGINNING.every((byte, i) => graph[at + i] === byte)) continue;
    const { value: length, end } = readVarint(graph, at + BEGINNING.length);
    found.add(new TextDecoder().decode(graph.subarray(end, end + length)));
  }
  return [...found];
}

/** A number as protobuf writes it, seven bits to a byte, the lowest first. */
function readVarint(bytes: Uint8Array, start: number): { value: number; end: number } {
  let value = 0;
  for (let at = start; at < bytes.length; at++) {
    const byte = bytes[at] ?? 0;
    value += (byte & 0x7f) * 2 ** (7 * (at - start));
    if (byte < 0x80) return { value, end: at + 1 };
  }
  return { value: 0, end: bytes.length };
}
