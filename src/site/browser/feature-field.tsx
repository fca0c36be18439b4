import { useId } from 'hono/jsx/dom';
import type { ModelCard } from '../../inference/model-card.ts';

/** One feature: its name, unit and range, its value, and what is wrong with that. */
export function FeatureField({
  feature: { name, unit, range },
  value,
  problem,
  onInput,
}: {
  feature: NonNullable<ModelCard['features']>[number];
  value: string;
  problem: string | undefined;
  onInput: (value: string) => void;
}) {
  const id = useId();
  const number = Number(value);
  const isOutside = range !== undefined && value !== '' && (number < range[0] || number > range[1]);
  const hints = [unit !== undefined && unit !== '1' && unit, range && `${range[0]} to ${range[1]}`];
  return (
    <div class="field">
      <label for={id}>{name}</label>
      <input
        id={id}
        type="text"
        inputmode="decimal"
        autocomplete="off"
        spellcheck={false}
        value={value}
        aria-invalid={problem === undefined ? undefined : 'true'}
        aria-describedby={`${id}-hint${problem === undefined ? '' : ` ${id}-problem`}`}
        onInput={(event: Event) => onInput((event.target as HTMLInputElement).value)}
      />
      <small id={`${id}-hint`} data-outside={isOutside ? '' : undefined}>
        {hints.filter(Boolean).join(', ')}
        {isOutside && ': outside what it was trained on'}
      </small>
      {problem !== undefined && (
        <strong id={`${id}-problem`} class="problem">
          {problem}
        </strong>
      )}
    </div>
  );
}
