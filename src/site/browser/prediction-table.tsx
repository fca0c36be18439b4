import { percent } from './percent.ts';
import type { Prediction } from './server.ts';

/** Rows that are shown; a page of thousands would help nobody. */
const MOST_ROWS = 200;

/** Predictions of several rows. */
export function PredictionTable({ predictions }: { predictions: readonly Prediction[] }) {
  const shown = predictions.slice(0, MOST_ROWS);
  const hasProbability = shown.some(({ probabilities }) => probabilities);
  return (
    <>
      <section class="scroll" tabindex={0} aria-label="Predictions">
        <table>
          <thead>
            <tr>
              <th scope="col">row</th>
              <th scope="col">prediction</th>
              {hasProbability && <th scope="col">probability</th>}
            </tr>
          </thead>
          <tbody>
            {shown.map((prediction, row) => (
              <tr key={row}>
                <th scope="row">{row + 1}</th>
                <td>{describe(prediction)}</td>
                {hasProbability && <td>{percent(certainty(prediction))}</td>}
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      {predictions.length > MOST_ROWS && (
        <p>
          The first {MOST_ROWS} of {predictions.length}.
        </p>
      )}
    </>
  );
}

/** Characters of a prediction in a few words: an output may be a tensor of thousands of values. */
const LONGEST_WORDS = 200;

/** A prediction in a few words. */
export function describe(prediction: Prediction): string {
  const words = findWords(prediction);
  return words.length <= LONGEST_WORDS ? words : `${words.slice(0, LONGEST_WORDS)} …`;
}

function findWords({ label, value, probabilities, ...others }: Prediction): string {
  if (label !== undefined) return String(label);
  if (typeof value === 'number') return String(Number(value.toPrecision(6)));
  if (probabilities) {
    return Object.entries(probabilities).sort(([, a], [, b]) => b - a)[0]?.[0] ?? '';
  }
  return JSON.stringify(value === undefined ? others : { value, ...others });
}

function certainty({ probabilities = {} }: Prediction): number {
  return Math.max(0, ...Object.values(probabilities));
}
