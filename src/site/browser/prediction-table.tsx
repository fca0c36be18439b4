import { certainty, describePrediction } from '../../prediction-text.ts';
import { percent } from '../../quantities.ts';
import type { Prediction } from './server.ts';

/** Rows that are shown; a page of thousands would help nobody. */
const MOST_ROWS = 200;

/** Predictions of several rows. */
export function PredictionTable({ predictions }: { predictions: readonly Prediction[] }) {
  const shown = predictions.slice(0, MOST_ROWS);
  const hasProbability = shown.some((prediction) => certainty(prediction) !== undefined);
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
                <td>{describePrediction(prediction)}</td>
                {hasProbability && <td>{writeCertainty(certainty(prediction))}</td>}
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

function writeCertainty(share: number | undefined): string {
  return share === undefined ? '' : percent(share);
}
