import * as z from 'zod';
import { compareVersions } from './store.ts';

/**
 * Which versions of a model are served: all, the latest so many, or those of a list. It is of the card, and is read
 * ahead of it: it says which versions to load, and the card is held against each of those.
 */
export const versionPolicy = z.union(
  [
    z.literal('all'),
    z.strictObject({ latest: z.int().positive() }),
    z.array(z.union([z.int().positive(), z.string().regex(/^[1-9]\d*$/)]).transform(String)).min(1),
  ],
  'expected "all", {"latest": <number>} or a list of versions',
);

/**
 * The versions that a card asks for, highest first; all of them where it asks for none that can be made out.
 *
 * @param card the card's JSON
 * @param there the versions that there are
 */
export function servedVersions(card: unknown, there: readonly string[]): readonly string[] {
  const highestFirst = there.toSorted((a, b) => compareVersions(b, a));
  const given = typeof card === 'object' && card !== null && 'serve' in card ? card.serve : 'all';
  const { data: policy = 'all' } = versionPolicy.safeParse(given);
  if (policy === 'all') return highestFirst;
  if ('latest' in policy) return highestFirst.slice(0, policy.latest);
  return policy.toSorted((a, b) => compareVersions(b, a));
}
