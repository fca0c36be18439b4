import { useState } from 'hono/jsx/dom';
import { messageOf } from './message.ts';
import { ModelFacts } from './model-facts.tsx';
import { ModelForms } from './model-forms.tsx';
import { describeModel, type Model, type ModelState } from './server.ts';
import { useEffect } from './use-effect.ts';

/** One model: what is known of it, and forms to ask it. */
export function TryModel({
  name,
  states,
  asksForToken,
  onTokenRefused,
}: {
  name: string;
  states: readonly ModelState[];
  asksForToken: boolean;
  onTokenRefused: () => void;
}) {
  const [model, setModel] = useState<Model | undefined>(undefined);
  const [problem, setProblem] = useState<string | undefined>(undefined);
  const ready = states.filter(({ state }) => state === 'READY').map(({ version }) => version);
  const known = ready.join(' ');
  useEffect(() => {
    let isGone = false;
    describeModel(name).then(
      (described) => {
        if (isGone) return;
        setModel(described);
        setProblem(undefined);
      },
      (error: unknown) => !isGone && setProblem(messageOf(error)),
    );
    return () => {
      isGone = true;
    };
    // A version that comes or goes may change which one is described.
  }, [name, known]);

  return (
    <section class="model" aria-labelledby="model-name">
      <h2 id="model-name">{name}</h2>
      {problem !== undefined && (
        <p class="problem" role="alert">
          {problem}
        </p>
      )}
      {model && (
        <>
          <ModelFacts model={model} />
          <ModelForms
            key={`${model.version} ${model.sha256}`}
            model={model}
            versions={ready}
            asksForToken={asksForToken}
            onTokenRefused={onTokenRefused}
          />
        </>
      )}
    </section>
  );
}
