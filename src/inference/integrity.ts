import type { ModelCard } from './model-card.ts';
import type { ModelFiles } from './store.ts';
import { ModelError } from './types.ts';

/** A line of SHA256SUMS, as `sha256sum` writes it: the hash, a mark for binary, and the file. */
export const CHECKSUM_LINE = /^([0-9a-f]{64}) [ *](?:\.\/)?(.+)$/;

/**
 * Holds the files of a version against the hashes that its card and its SHA256SUMS give.
 *
 * @returns the SHA-256 of the graph, in hexadecimal
 * @throws ModelError wrong_hash, or unreadable for a SHA256SUMS that is none
 */
export async function checkIntegrity(
  { graph, externalData, checksums, alsoListed }: ModelFiles,
  card: ModelCard | undefined,
  version: string,
): Promise<string> {
  const sha256 = await hash(graph);
  const expected = card?.sha256?.[version];
  if (expected !== undefined && expected !== sha256) {
    throw new ModelError('wrong_hash', `its SHA-256 is ${sha256}, the card says ${expected}`);
  }
  if (checksums === undefined) return sha256;
  const sums = readChecksums(checksums);
  const ofGraph = sums.get('model.onnx');
  if (ofGraph !== undefined && ofGraph !== sha256) {
    throw new ModelError('wrong_hash', `its SHA-256 is ${sha256}, SHA256SUMS says ${ofGraph}`);
  }
  for (const { path, data } of [...externalData, ...alsoListed]) {
    const sum = sums.get(path);
    if (sum === undefined) continue;
    if (!data) throw new ModelError('wrong_hash', `${path} is in SHA256SUMS and not there`);
    if (sum === (await hash(data))) continue;
    throw new ModelError('wrong_hash', `${path} is not the file whose hash SHA256SUMS gives`);
  }
  return sha256;
}

/**
 * What SHA256SUMS has: the hash of each file.
 *
 * @throws ModelError unreadable
 */
export function readChecksums(text: string): ReadonlyMap<string, string> {
  return new Map(
    text.split(/\r?\n/).flatMap((line, index) => {
      if (line === '') return [];
      const [, sum, path] = CHECKSUM_LINE.exec(line) ?? [];
      if (sum !== undefined && path !== undefined) return [[path, sum] as const];
      const message = `SHA256SUMS, line ${index + 1}: expected a hash, two spaces and a file`;
      throw new ModelError('unreadable', message);
    }),
  );
}

async function hash(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', bytes);
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
