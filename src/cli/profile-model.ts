import type { Model } from '../inference/model.ts';
import type { ModelCard } from '../inference/model-card.ts';
import type { Prediction } from '../inference/predictions.ts';
import { count } from '../quantities.ts';
import { canBeMissing, readColumn, toFeatureTensor } from './feature-tensor.ts';
import { predictRows } from './predict-rows.ts';
import { type QuantileBins, quantileBins } from './quantile-bins.ts';
import type { TrainingData } from './training-data.ts';

/** What a card is to say of the training data, and what a person should hear of it. */
export interface Profile {
  readonly reference: Reference;
  readonly notes: readonly string[];
}

interface Reference {
  readonly rows: number;
  readonly features: Readonly<Record<string, QuantileBins>>;
  readonly classes?: Readonly<Record<string, number>>;
  readonly predictions?: QuantileBins;
}

/**
 * Profiles the training data of a model: the bins of its features in the model's own precision, and what it predicts.
 *
 * @param card the model's own, with features
 * @param data rows of those features
 * @param bins of each feature at most, two or more
 * @throws Error for a value that the model cannot take, and AppError inference_failed when it fails on a whole row
 */
export async function profileModel(
  model: Model,
  card: ModelCard,
  data: TrainingData,
  bins: number,
): Promise<Profile> {
  const [input] = model.inputs;
  const names = card.features?.map(({ name }) => name) ?? [];
  if (!input || names.length === 0) throw new Error('a model without features has no profile');
  const rows = toFeatureTensor(input, names, data);
  const columns = names.map((_, column) => readColumn(rows, data, column));
  const found = names.map((name, i) => [name, quantileBins(columns[i] ?? [], bins)] as const);
  const features = Object.fromEntries(
    found.flatMap(([name, own]) => (own ? [[name, own] as const] : [])),
  );
  const notes = found
    .filter(([, own]) => !own)
    .map(([name]) => `no row has a value of '${name}', so it gets no statistics`);

  const isWhole = (row: number) => columns.every((column) => !Number.isNaN(column[row]));
  const predictions = await predictRows(model, rows, isWhole, canBeMissing(input.datatype));
  const left = data.rows - predictions.length;
  if (left > 0) {
    const what = `${count(left, 'row')} with missing values`;
    notes.push(`the model does not take ${what}, so its predictions are of the others alone`);
  }
  const outputs = profilePredictions(card, predictions, bins);
  if (!outputs)
    notes.push('the model gives no number for each row, so its predictions get no statistics');
  return { reference: { rows: data.rows, features, ...outputs }, notes };
}

/** @returns undefined where there is nothing to count by */
function profilePredictions(
  card: ModelCard,
  predictions: readonly Prediction[],
  bins: number,
): Pick<Reference, 'classes' | 'predictions'> | undefined {
  if (card.task === 'classification') {
    const labels = predictions.map((each) => ('label' in each ? each.label : undefined));
    const shares = card.labels.map((label) => {
      return [label, labels.filter((each) => each === label).length / labels.length] as const;
    });
    return labels.length > 0 ? { classes: Object.fromEntries(shares) } : undefined;
  }
  const values = predictions.map((each) => ('value' in each ? each.value : undefined));
  if (!values.every((value) => typeof value === 'number')) return undefined;
  const found = quantileBins(values, bins);
  return found && { predictions: found };
}
