import { useMemo, useState } from 'hono/jsx/dom';
import { LiveStrip } from './live-strip.tsx';
import { ModelList } from './model-list.tsx';
import { describeServer } from './server.ts';
import { TokenForm } from './token-form.tsx';
import { findToken } from './tokens.ts';
import { TryModel } from './try-model.tsx';
import { useEffect } from './use-effect.ts';
import { useModels } from './use-models.ts';
import { useSelection } from './use-selection.ts';

/** GET /: the models of this server, to be tried, and how the server does. */
export function Page() {
  const { models, problem } = useModels();
  const [version, setVersion] = useState('');
  const [hasToken, setHasToken] = useState(findToken('predictions') !== undefined);
  const [isRefused, setIsRefused] = useState(false);
  const selected = useSelection(models);
  useEffect(() => {
    describeServer().then(
      (server) => setVersion(server.version),
      // The list of models says it already when the server cannot be reached.
      () => {},
    );
  }, []);
  const states = useMemo(
    () => models?.models.filter(({ name }) => name === selected) ?? [],
    [models, selected],
  );
  const asksForToken = models?.tokens.predictions === true;

  return (
    <>
      <header class="top">
        <p class="brand">
          Kilat <small>{version}</small>
        </p>
        <nav aria-label="Pages">
          <a href="docs">API</a>
          <a href="metrics">Metrics</a>
          <a href="openapi.json">OpenAPI</a>
        </nav>
      </header>
      <main>
        <h1>Models that are served here</h1>
        {problem !== undefined && (
          <p class="problem" role="alert">
            {problem}
          </p>
        )}
        {models && <LiveStrip asksForToken={models.tokens.metrics} />}
        {asksForToken && !hasToken && (
          <TokenForm
            scope="predictions"
            text="Predictions ask for a token here."
            isRefused={isRefused}
            onToken={() => {
              setHasToken(true);
              setIsRefused(false);
            }}
          />
        )}
        <div class="columns">
          {models && <ModelList models={models} selected={selected} />}
          {selected !== undefined && (
            <TryModel
              key={selected}
              name={selected}
              states={states}
              asksForToken={asksForToken}
              hasToken={hasToken}
              onTokenRefused={(hadToken) => {
                setHasToken(false);
                setIsRefused((was) => was || hadToken);
              }}
            />
          )}
        </div>
      </main>
    </>
  );
}
