import { BROKEN } from './connection.ts';
import { ABANDONED } from './mix.ts';

/** How a server counts what was abandoned half-way: as a bad_request, "the body ended before its time". */
const ABANDONED_STATUS = '400';

export type Counts = Readonly<Record<string, number>>;

/** What was sent against what the server says that it has answered. */
export interface Ledger {
  readonly sent: number;
  /** By outcome, as the clients saw it. */
  readonly outcomes: Counts;
  /** Requests whose status the server has counted more often, or less often if negative; what agrees is left out. */
  readonly differences: Counts;
  readonly agrees: boolean;
}

/**
 * @param outcomes of every request that was sent since `before` was read, itself included
 * @param before answers of the server by status, at the beginning
 * @param after the same at the end
 */
export function settle(sent: number, outcomes: Counts, before: Counts, after: Counts): Ledger {
  const expected: Record<string, number> = {};
  for (const [outcome, count] of Object.entries(outcomes)) {
    const status = outcome === ABANDONED ? ABANDONED_STATUS : outcome;
    expected[status] = (expected[status] ?? 0) + count;
  }
  const ended = Object.values(outcomes).reduce((sum, count) => sum + count, 0);
  const differences: Record<string, number> = {};
  for (const status of new Set([...Object.keys(expected), ...Object.keys(after)])) {
    const counted = (after[status] ?? 0) - (before[status] ?? 0);
    const difference = counted - (status === BROKEN ? 0 : (expected[status] ?? 0));
    if (difference !== 0) differences[status] = difference;
  }
  const broken = outcomes[BROKEN] ?? 0;
  const agrees = sent === ended && broken === 0 && Object.keys(differences).length === 0;
  return { sent, outcomes, differences, agrees };
}
