import { useRef, useState } from 'hono/jsx/dom';
import type { ModelCard } from '../../inference/model-card.ts';
import { ExampleButtons } from './example-buttons.tsx';
import { FeatureField } from './feature-field.tsx';
import { readCell } from './rows-text.ts';
import type { Model } from './server.ts';
import { useEffect } from './use-effect.ts';

type Features = NonNullable<ModelCard['features']>;

/**
 * A field for each feature of a model's card, with an example to start from. What is wrong with a value the server says;
 * what it says stands at the field that it is about.
 */
export function FeatureForm({
  model,
  features,
  problem,
  onSubmit,
}: {
  model: Model;
  features: Features;
  problem: string | undefined;
  onSubmit: (rows: readonly unknown[]) => void;
}) {
  const examples = model.card?.examples ?? [];
  const [values, setValues] = useState(() => readExample(examples[0], features));
  const form = useRef<HTMLFormElement | null>(null);
  const wrong = problem === undefined ? undefined : findFeature(problem, features);
  useEffect(() => {
    if (wrong === undefined) return;
    form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
  }, [wrong, problem]);
  const isText = model.inputs[0]?.datatype === 'BYTES';
  const submit = (event: Event) => {
    event.preventDefault();
    const row: Record<string, unknown> = {};
    for (const { name } of features) {
      const text = values[name] ?? '';
      // A field that is empty is a feature that is missing, and the server says so.
      if (text !== '' || isText) row[name] = isText ? text : readCell(text);
    }
    onSubmit([row]);
  };

  return (
    <form class="features" onSubmit={submit} ref={form} noValidate>
      <ExampleButtons
        examples={examples}
        onChoose={(example) => setValues(readExample(example, features))}
      />
      <div class="fields">
        {features.map((feature) => (
          <FeatureField
            key={feature.name}
            feature={feature}
            value={values[feature.name] ?? ''}
            problem={feature.name === wrong ? problem : undefined}
            onInput={(value) => setValues((all) => ({ ...all, [feature.name]: value }))}
          />
        ))}
      </div>
      <button type="submit" class="primary">
        Predict
      </button>
    </form>
  );
}

/** The values of a row of the card, as fields hold them. */
function readExample(example: unknown, features: Features): Record<string, string> {
  const row = Object(example) as Readonly<Record<string, unknown>>;
  return Object.fromEntries(
    features.map(({ name }, i) => {
      const value = Array.isArray(example) ? example[i] : row[name];
      return [name, value === undefined || value === null ? '' : String(value)];
    }),
  );
}

/** The feature that a message of the server is about (inference/rows.ts). */
function findFeature(problem: string, features: Features): string | undefined {
  return features.find(({ name }) => problem.includes(`feature '${name}'`))?.name;
}
