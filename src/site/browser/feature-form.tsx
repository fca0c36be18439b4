import { useRef, useState } from 'hono/jsx/dom';
import type { ModelCard } from '../../inference/model-card.ts';
import { toValue } from '../../rows/data-rows.ts';
import { ExampleButtons } from './example-buttons.tsx';
import { FeatureField } from './feature-field.tsx';
import { findFieldProblem } from './field-problem.ts';
import type { Model } from './server.ts';
import { useEffect } from './use-effect.ts';
import type { Outcome } from './use-prediction.ts';

type Features = NonNullable<ModelCard['features']>;

/**
 * A field for each feature of a model's card, with an example to start from. What is wrong with a value the server says;
 * what it says stands at the field that it is about.
 */
export function FeatureForm({
  model,
  features,
  outcome,
  onSubmit,
  onEdited,
}: {
  model: Model;
  features: Features;
  outcome: Outcome | undefined;
  onSubmit: (rows: readonly unknown[]) => void;
  /** Told when the values are no longer those that were asked about. */
  onEdited: () => void;
}) {
  const examples = model.card?.examples ?? [];
  const [values, setValues] = useState(() => readExample(examples[0], features));
  const form = useRef<HTMLFormElement | null>(null);
  const problem = findFieldProblem(outcome?.problem, features);
  useEffect(() => {
    if (!problem) return;
    form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
    // The same mistake made again is another outcome.
  }, [outcome]);
  const { datatype = 'FP32' } = model.inputs[0] ?? {};
  const change = (next: (all: Readonly<Record<string, string>>) => Record<string, string>) => {
    setValues(next);
    if (outcome?.problem !== undefined) onEdited();
  };
  const submit = (event: Event) => {
    event.preventDefault();
    // A field that is empty is a feature that is missing, and the server says so.
    const given = features.filter(({ name }) => datatype === 'BYTES' || values[name]?.trim());
    onSubmit([
      Object.fromEntries(given.map(({ name }) => [name, toValue(values[name] ?? '', datatype)])),
    ]);
  };

  return (
    <form class="features" onSubmit={submit} ref={form} noValidate>
      <ExampleButtons
        examples={examples}
        onChoose={(example) => change(() => readExample(example, features))}
      />
      <div class="fields">
        {features.map((feature) => (
          <FeatureField
            key={feature.name}
            feature={feature}
            value={values[feature.name] ?? ''}
            problem={feature.name === problem?.feature ? problem.text : undefined}
            onInput={(value) => change((all) => ({ ...all, [feature.name]: value }))}
          />
        ))}
      </div>
      <div class="send">
        <button type="submit" class="primary">
          Predict
        </button>
      </div>
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
