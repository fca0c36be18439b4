import { useState } from 'hono/jsx/dom';
import { every } from './every.ts';
import { compare, type LiveFigures } from './live-figures.ts';
import { type LiveTotals, readTotals } from './live-totals.ts';
import { messageOf } from './message.ts';
import { readMetrics, ServerError } from './server.ts';
import { useEffect } from './use-effect.ts';

const INTERVAL_MS = 2000;
/** Figures are over so long: shorter, and a percentile would be of a handful of runs. */
const WINDOW_MS = 10_000;
const HISTORY_MS = 180_000;

/** Figures, and the seconds since the page was opened that they are of. */
interface Moment {
  readonly at: number;
  readonly figures: LiveFigures;
}

interface Look {
  readonly at: number;
  readonly totals: LiveTotals;
}

/** Looks at /metrics every few seconds. */
export function useLive(onTokenRefused: () => void): {
  history: readonly Moment[];
  problem: string | undefined;
} {
  const [history, setHistory] = useState<readonly Moment[]>([]);
  const [problem, setProblem] = useState<string | undefined>(undefined);
  useEffect(() => {
    let looks: Look[] = [];
    return every(INTERVAL_MS, async () => {
      try {
        const totals = readTotals(await readMetrics());
        const now = performance.now();
        looks = [...looks.filter(({ at }) => now - at <= WINDOW_MS), { at: now, totals }];
        setProblem(undefined);
        const [oldest] = looks;
        if (!oldest || looks.length < 2) return;
        const figures = compare(oldest.totals, totals, (now - oldest.at) / 1000);
        const at = now / 1000;
        setHistory((all) => [
          ...all.filter((moment) => (at - moment.at) * 1000 <= HISTORY_MS),
          { at, figures },
        ]);
      } catch (error) {
        if (error instanceof ServerError && error.isAboutToken) onTokenRefused();
        setProblem(messageOf(error));
      }
    });
  }, []);
  return { history, problem };
}
