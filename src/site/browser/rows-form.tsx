import { useId, useState } from 'hono/jsx/dom';
import { parseDataRows } from '../../rows/data-rows.ts';
import { messageOf } from './message.ts';
import type { Model } from './server.ts';

/** Rows as text, pasted or typed: for many at once, and for models that no card describes. */
export function RowsForm({
  model,
  onSubmit,
  onEdited,
}: {
  model: Model;
  onSubmit: (rows: readonly unknown[]) => void;
  /** Told when the text is no longer what was asked about. */
  onEdited: () => void;
}) {
  const id = useId();
  const features = model.card?.features?.map(({ name }) => name);
  const [text, setText] = useState(() => writeExample(model));
  const [problem, setProblem] = useState<string | undefined>(undefined);
  const submit = (event: Event) => {
    event.preventDefault();
    try {
      const rows = parseDataRows(text, 'rows', { inputs: model.inputs, features });
      if (rows.length === 0) throw new Error('expected rows, as CSV or JSON');
      onSubmit(rows);
      setProblem(undefined);
    } catch (error) {
      // The answer of another text would stand beside it.
      onEdited();
      setProblem(messageOf(error).replace(/^rows, /, ''));
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
        onInput={(event: Event) => {
          setText((event.target as HTMLTextAreaElement).value);
          setProblem(undefined);
        }}
      />
      <small id={`${id}-hint`}>
        CSV may begin with a line of names. JSON is a list of rows, or a row to a line, each a list
        of values or an object of names.
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
  // A graph of a fixed number of rows takes that number alone.
  const count = Math.max(1, ...inputs.map(({ shape: [rows = 1] }) => rows));
  const zeros = zeroRow(inputs);
  if (!card?.examples?.length && zeros === undefined) return '';
  const rows = card?.examples?.length ? card.examples : Array(count).fill(zeros);
  return `[\n${rows.map((row) => `  ${JSON.stringify(row)}`).join(',\n')}\n]`;
}

/** Values of a row that a person may still want to see, and to edit. */
const LONGEST_ROW = 10_000;

/** @returns undefined for a row that is too long to be written out */
function zeroRow(inputs: Model['inputs']): unknown {
  const size = inputs.flatMap(({ shape }) => shape.slice(1)).reduce((all, one) => all * one, 1);
  if (Math.abs(size) > LONGEST_ROW) return undefined;
  const zeros = inputs.map(({ name, datatype, shape }) => {
    const zero = datatype === 'BYTES' ? '' : datatype === 'BOOL' ? false : 0;
    const row = shape
      .slice(1)
      .reduceRight<unknown>((inner, length) => Array(Math.max(1, length)).fill(inner), zero);
    return [name, row] as const;
  });
  return zeros.length === 1 ? zeros[0]?.[1] : Object.fromEntries(zeros);
}
