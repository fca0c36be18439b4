import { useId, useState } from 'hono/jsx/dom';
import { messageOf } from './message.ts';
import { readRowsText } from './rows-text.ts';
import type { Model } from './server.ts';

/** Rows as text, pasted or typed: for many at once, and for models that no card describes. */
export function RowsForm({
  model,
  onSubmit,
}: {
  model: Model;
  onSubmit: (rows: readonly unknown[]) => void;
}) {
  const id = useId();
  const features = model.card?.features?.map(({ name }) => name);
  const [text, setText] = useState(() => writeExample(model));
  const [problem, setProblem] = useState<string | undefined>(undefined);
  const submit = (event: Event) => {
    event.preventDefault();
    try {
      onSubmit(readRowsText(text, features));
      setProblem(undefined);
    } catch (error) {
      setProblem(messageOf(error));
    }
  };
  return (
    <form class="rows" onSubmit={submit}>
      <label for={id}>Rows, as CSV or JSON</label>
      <textarea
        id={id}
        rows={12}
        spellcheck={false}
        value={text}
        aria-invalid={problem === undefined ? undefined : 'true'}
        aria-describedby={`${id}-hint${problem === undefined ? '' : ` ${id}-problem`}`}
        onInput={(event: Event) => setText((event.target as HTMLTextAreaElement).value)}
      />
      <small id={`${id}-hint`}>
        CSV may begin with a line of names. JSON is a list of rows, each a list of values or an
        object of names.
      </small>
      {problem !== undefined && (
        <strong id={`${id}-problem`} class="problem" role="alert">
          {problem}
        </strong>
      )}
      <button type="submit" class="primary">
        Predict
      </button>
    </form>
  );
}

/** The card's examples, or else a row of zeros in the shape of the inputs. */
function writeExample({ card, inputs }: Model): string {
  const rows = card?.examples?.length ? card.examples : [zeroRow(inputs)];
  return `[\n${rows.map((row) => `  ${JSON.stringify(row)}`).join(',\n')}\n]`;
}

function zeroRow(inputs: Model['inputs']): unknown {
  const zeros = inputs.map(({ name, datatype, shape }) => {
    const zero = datatype === 'BYTES' ? '' : datatype === 'BOOL' ? false : 0;
    const row = shape
      .slice(1)
      .reduceRight<unknown>((inner, length) => Array(Math.max(1, length)).fill(inner), zero);
    return [name, row] as const;
  });
  return zeros.length === 1 ? zeros[0]?.[1] : Object.fromEntries(zeros);
}
