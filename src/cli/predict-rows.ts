import { AppError } from '../errors.ts';
import type { Model } from '../inference/model.ts';
import type { Prediction } from '../inference/predictions.ts';
import { joinRows, sliceRows, type Tensor } from '../inference/tensor.ts';

/** Rows of one run, of a model that takes as many as it is given. */
const ROWS_OF_A_RUN = 256;

/**
 * Asks a model for rows, however many there are.
 *
 * @param rows a tensor of rows x features, of the model's only input
 * @param isWhole whether a row misses nothing
 * @param takesMissing whether others are worth a try
 * @returns a prediction for each row that is whole, and for each other one that the model does not fail on
 * @throws AppError inference_failed when it fails on rows that are whole
 */
export async function predictRows(
  model: Model,
  rows: Tensor,
  isWhole: (row: number) => boolean,
  takesMissing: boolean,
): Promise<Prediction[]> {
  const count = rows.shape[0] ?? 0;
  const size = rowsOfARun(model);
  const predictions: Prediction[] = [];
  for (let start = 0; start < count; start += size) {
    const chunk = Array.from({ length: Math.min(size, count - start) }, (_, i) => start + i);
    const { whole = [], partial = [] } = Object.groupBy(chunk, (row) =>
      isWhole(row) ? 'whole' : 'partial',
    );
    predictions.push(...(await run(model, rows, whole, size)));
    if (takesMissing) predictions.push(...(await tryRows(model, rows, partial, size)));
  }
  return predictions;
}

/** As many as a graph asks for; one where rows would see each other. */
function rowsOfARun({ inputs, sharesRuns }: Model): number {
  const fixed = inputs[0]?.shape[0] ?? -1;
  if (fixed > 0) return fixed;
  return sharesRuns ? ROWS_OF_A_RUN : 1;
}

/** One that fails takes no other with it. */
async function tryRows(
  model: Model,
  rows: Tensor,
  chosen: readonly number[],
  size: number,
): Promise<readonly Prediction[]> {
  try {
    return await run(model, rows, chosen, size);
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'inference_failed') throw error;
    if (chosen.length <= 1) return [];
    const each: Prediction[] = [];
    for (const row of chosen) each.push(...(await tryRows(model, rows, [row], size)));
    return each;
  }
}

async function run(
  model: Model,
  rows: Tensor,
  chosen: readonly number[],
  size: number,
): Promise<readonly Prediction[]> {
  const last = chosen.at(-1);
  if (last === undefined) return [];
  // A graph of a fixed size has to be given so many: the last one again, whose predictions are then left out.
  const isFixed = model.inputs[0]?.shape[0] !== -1;
  const asked = isFixed ? Array.from({ length: size }, (_, i) => chosen[i] ?? last) : chosen;
  const inputs = [joinRows(asked.map((row) => sliceRows(rows, row, 1)))];
  const { outputs } = await model.infer({ inputs, outputs: model.predictions.outputs });
  return model.predictions.write(outputs, asked.length).predictions.slice(0, chosen.length);
}
