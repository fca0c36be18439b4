/** A request of several that were sent one after the other. */
export interface Turn {
  /** Milliseconds of `performance.now()`. */
  readonly sent: number;
  readonly ended: number;
  readonly outcome: string;
}

/** Sends requests for some seconds, each client its next one when it has the answer to the one before. */
export async function sendInTurn(
  send: () => Promise<string>,
  clients: number,
  seconds: number,
): Promise<Turn[]> {
  const turns: Turn[] = [];
  const end = performance.now() + seconds * 1000;
  const client = async () => {
    while (performance.now() < end) {
      const sent = performance.now();
      const outcome = await send();
      turns.push({ sent, ended: performance.now(), outcome });
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
  return turns;
}

/** Good answers in a row after which a server counts as recovered: a single slow one may be the machine's. */
const IN_A_ROW = 10;

/**
 * Seconds from a moment to the first of ten good answers in a row, and past the last that was turned away.
 *
 * @param turns of one client, in their order
 * @param goodMs how long a good answer takes at most
 * @returns undefined when that was not to be seen
 */
export function recoverySeconds(
  turns: readonly Turn[],
  from: number,
  goodMs: number,
): number | undefined {
  const after = turns.slice(turns.findLastIndex(({ outcome }) => outcome !== '200') + 1);
  const first = after.find((_, i) => {
    const row = after.slice(i, i + IN_A_ROW);
    return row.length === IN_A_ROW && row.every(({ sent, ended }) => ended - sent <= goodMs);
  });
  return first && (first.sent - from) / 1000;
}
