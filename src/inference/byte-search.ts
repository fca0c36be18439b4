/** Whether bytes hold a text as it is, in UTF-8. */
export function includesText(bytes: Uint8Array, text: string): boolean {
  const wanted = new TextEncoder().encode(text);
  const [first] = wanted;
  if (first === undefined) return true;
  for (let at = bytes.indexOf(first); at >= 0; at = bytes.indexOf(first, at + 1)) {
    if (wanted.every((byte, i) => bytes[at + i] === byte)) return true;
  }
  return false;
}

/** Whether a graph may go round as long as it likes: it has the operator for that, by whose name alone it can. */
export function mayLoop(graph: Uint8Array): boolean {
  return includesText(graph, 'Loop');
}
