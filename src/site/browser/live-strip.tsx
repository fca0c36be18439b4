import { useState } from 'hono/jsx/dom';
import type { LiveFigures } from './live-figures.ts';
import { Sparkline } from './sparkline.tsx';
import { TokenForm } from './token-form.tsx';
import { findToken } from './tokens.ts';
import { useLive } from './use-live.ts';

/** How each figure is named, and written for a person. */
const FIGURES = {
  predictionsPerSecond: ['predictions/s', perSecond],
  p50: ['run time, p50', milliseconds],
  p99: ['run time, p99', milliseconds],
  errorsPerSecond: ['errors/s', perSecond],
  rowsPerRun: ['rows per run', (value: number) => value.toFixed(1)],
} as const satisfies Partial<
  Record<keyof LiveFigures, readonly [string, (value: number) => string]>
>;

/** How the server does at this moment, from what it tells Prometheus. */
export function LiveStrip({ asksForToken }: { asksForToken: boolean }) {
  const [hasToken, setHasToken] = useState(!asksForToken || findToken('metrics') !== undefined);
  const [isRefused, setIsRefused] = useState(false);
  if (!hasToken) {
    return (
      <TokenForm
        scope="metrics"
        text="How the server does is told to holders of its token for metrics."
        isRefused={isRefused}
        onToken={() => setHasToken(true)}
      />
    );
  }
  const refuse = (hadToken: boolean) => {
    setHasToken(false);
    setIsRefused(hadToken);
  };
  return <Strip onTokenRefused={refuse} />;
}

function Strip({ onTokenRefused }: { onTokenRefused: (hadToken: boolean) => void }) {
  const { history, problem, isThere } = useLive(onTokenRefused);
  if (!isThere) return null;
  const latest = history.at(-1)?.figures;
  return (
    <section class="live" aria-label="Live figures of all models">
      {problem !== undefined && <p class="problem">{problem}</p>}
      <dl>
        {Object.entries(FIGURES).map(([key, [name, write]]) => {
          const figure = (figures: LiveFigures) => figures[key as keyof typeof FIGURES];
          const value = latest && figure(latest);
          return (
            <div key={key}>
              <dt>{name}</dt>
              <dd data-figure={key}>{value === undefined ? '–' : write(value)}</dd>
              <dd>
                <Sparkline
                  points={history.map(({ at, figures }) => [at, figure(figures) ?? null])}
                />
              </dd>
            </div>
          );
        })}
        <div>
          <dt>last remote write</dt>
          <dd data-figure="lastRemoteWrite">{latest ? writeAge(latest.lastRemoteWrite) : '–'}</dd>
        </div>
      </dl>
    </section>
  );
}

function perSecond(value: number): string {
  return value.toFixed(value < 100 ? 1 : 0);
}

function milliseconds(seconds: number): string {
  // An estimate within a bucket, of which a third digit would say more than is known.
  return `${Number((seconds * 1000).toPrecision(2))} ms`;
}

/** @param time in seconds since the Unix epoch */
function writeAge(time: number | undefined): string {
  if (time === undefined) return 'none';
  const seconds = Math.max(0, Math.round(Date.now() / 1000 - time));
  return seconds < 120 ? `${seconds} s ago` : `${Math.round(seconds / 60)} min ago`;
}
