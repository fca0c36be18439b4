import type { ModelCard } from './model-card.ts';
import type { DriftReference, FeatureReference, Session } from './types.ts';

/**
 * What a card says of the training data, in the form in which telemetry counts by it.
 *
 * @param card one that has been held against the graph
 * @returns undefined where nothing could be counted: there are no statistics, or only of text
 */
export function createDriftReference(
  card: ModelCard,
  graph: Pick<Session, 'inputs' | 'outputs'>,
): DriftReference | undefined {
  if (!card.reference) return undefined;
  const names = card.features?.map(({ name }) => name) ?? [];
  const features = readFeatures(card, graph);
  const classes = card.task === 'classification' ? (card.reference.classes ?? {}) : {};
  const predictions = readPredictions(card, graph);
  if (features.length === 0 && Object.keys(classes).length === 0 && !predictions) return undefined;
  return { features, width: names.length, classes, predictions };
}

function readFeatures(
  { features = [], reference }: ModelCard,
  { inputs: [input] }: Pick<Session, 'inputs'>,
): FeatureReference[] {
  // Text has no order, so it has no bins.
  if (!input || input.datatype === 'BYTES') return [];
  const { datatype } = input;
  return features.flatMap(({ name }, column) => {
    const bins = reference?.features?.[name];
    return bins ? [{ ...bins, missing: bins.missing ?? 0, name, column, datatype }] : [];
  });
}

function readPredictions(
  card: ModelCard,
  { outputs }: Pick<Session, 'outputs'>,
): DriftReference['predictions'] {
  const bins = card.reference?.predictions;
  if (card.task !== 'regression' || !bins) return undefined;
  const output = outputs.find(({ name }) => name === card.outputs.value);
  if (!output || output.datatype === 'BYTES') return undefined;
  const { name, datatype } = output;
  return { ...bins, missing: bins.missing ?? 0, output: name, datatype };
}
