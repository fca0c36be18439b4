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
  hasToken,
  onTokenRefused,
}: {
  name: string;
  /** Of its versions, anew each time that the server was asked for them. */
  states: readonly ModelState[];
  asksForToken: boolean;
  hasToken: boolean;
  onTokenRefused: (hadToken: boolean) => void;
}) {
  const [model, setModel] = useState<Model | undefined>(undefined);
  const [problem, setProblem] = useState<string | undefined>(undefined);
  const broken = states.filter(({ reason }) => reason !== undefined);
  const ready = states.filter(({ state }) => state === 'READY').map(({ version }) => version);
  useEffect(() => {
    let isGone = false;
    describeModel(name).then(
      (described) => {
        if (isGone) return;
        setModel((known) => (isSame(known, described) ? known : described));
        setProblem(undefined);
      },
      (error: unknown) => !isGone && setProblem(messageOf(error)),
    );
    return () => {
      isGone = true;
    };
    // A card may change, a version come or go, and what failed once may not the next time.
  }, [name, states]);

  return (
    <section class="model" aria-labelledby="model-name">
      <h2 id="model-name">{name}</h2>
      {/* A version that says why it is not ready says more. */}
      {problem !== undefined && broken.length === 0 && (
        <p class="problem" role="alert">
          {problem}
        </p>
      )}
      {broken.map(({ version, state, reason }) => (
        <p key={version} class="problem">
          v{version} is {state.toLowerCase()}: {reason}
        </p>
      ))}
      {model && (
        <>
          <ModelFacts model={model} />
          <ModelForms
            key={formOf(model)}
            model={model}
            versions={ready}
            asksForToken={asksForToken}
            hasToken={hasToken}
            onTokenRefused={onTokenRefused}
          />
        </>
      )}
    </section>
  );
}

function isSame(known: Model | undefined, described: Model): boolean {
  return JSON.stringify(known) === JSON.stringify(described);
}

/** What the fields are made from: while it stays, so does what has been typed into them. */
function formOf({ inputs, card }: Model): string {
  return JSON.stringify([inputs, card?.features?.map((feature) => feature.name)]);
}
