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
export function useLive(onTokenRefused: (hadToken: boolean) => void): {
  history: readonly Moment[];
  problem: string | undefined;
  /** Whether the metrics can be had where the page came from. */
  isThere: boolean;
} {
  const [history, setHistory] = useState<readonly Moment[]>([]);
  const [problem, setProblem] = useState<string | undefined>(undefined);
  const [isThere, setIsThere] = useState(true);
  useEffect(() => {
    let looks: Look[] = [];
    const end = every(INTERVAL_MS, async () => {
      try {
        const totals = readTotals(await readMetrics());
        const now = performance.now();
        looks = looks.filter(({ at }) => now - at <= WINDOW_MS);
        const oldest = looks.find((look) => look.totals.process === totals.process);
        looks.push({ at: now, totals });
        setProblem(undefined);
        if (!oldest) return;
        const figures = compare(oldest.totals, totals, (now - oldest.at) / 1000);
        const at = now / 1000;
        setHistory((all) => [
          ...all.filter((moment) => (at - moment.at) * 1000 <= HISTORY_MS),
          { at, figures },
        ]);
      } catch (error) {
        setHistory([]);
        setProblem(messageOf(error));
        if (!(error instanceof ServerError)) return;
        if (error.isAboutToken) onTokenRefused(error.hadToken);
        // A proxy that keeps the metrics to itself will go on doing so.
        if (error.status !== 404) return;
        setIsThere(false);
        end();
      }
    });
    return end;
  }, []);
  return { history, problem, isThere };
}
