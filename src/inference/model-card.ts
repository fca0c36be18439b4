import * as z from 'zod';
import { formatShape } from './tensor.ts';
import { ModelError, type Session, type TensorSpec } from './types.ts';
import { versionPolicy } from './version-policy.ts';

const share = z.number().min(0).max(1);

/** Shares of a column's values between its edges: bin i holds edges[i-1] < value <= edges[i]. */
const bins = z
  .strictObject({
    edges: z.array(z.number()).min(1),
    shares: z.array(share),
    missing: share.optional(),
  })
  .refine(
    ({ edges, shares }) => shares.length === edges.length + 1,
    'expected one share more than edges',
  )
  .refine(
    ({ edges }) => edges.every((edge, i) => i === 0 || edge > (edges[i - 1] as number)),
    'expected edges in rising order',
  );

const common = {
  name: z.string().min(1),
  description: z.string().optional(),
  /** False for a model whose open first dimension is no batch: requests then never share its runs. */
  batching: z.boolean().optional(),
  /** Which versions are served; all of them without it. */
  serve: versionPolicy.optional(),
  /** Names of the values in a row, in the model's order. */
  features: z
    .array(
      z.strictObject({
        name: z.string().min(1),
        unit: z.string().optional(),
        range: z.tuple([z.number(), z.number()]).optional(),
      }),
    )
    .min(1)
    .refine(
      (features) => new Set(features.map((feature) => feature.name)).size === features.length,
      'expected every name once',
    )
    .optional(),
  /** Figures on held-out data, such as accuracy or r2. */
  quality: z.record(z.string(), z.number()).optional(),
  /** Rows that the model takes, for clients, pages and warm-up. */
  examples: z.array(z.union([z.array(z.unknown()), z.record(z.string(), z.unknown())])).optional(),
  training: z.record(z.string(), z.unknown()).optional(),
  /** Version -> SHA-256 of its model.onnx, in lower-case hexadecimal. */
  sha256: z.record(z.string(), z.string().regex(/^[0-9a-f]{64}$/)).optional(),
  /** What the training data looked like, for drift. */
  reference: z
    .strictObject({
      rows: z.int().positive().optional(),
      features: z.record(z.string(), bins).optional(),
      classes: z.record(z.string(), share).optional(),
      predictions: bins.optional(),
    })
    .optional(),
};

const modelCard = z.discriminatedUnion('task', [
  z.strictObject({
    ...common,
    task: z.literal('classification'),
    labels: z
      .array(z.string().min(1))
      .min(1)
      .refine((labels) => new Set(labels).size === labels.length, 'expected every label once'),
    /** Which outputs hold the predicted label and the probability of each; at least one of them. */
    outputs: z
      .strictObject({ label: z.string().optional(), probabilities: z.string().optional() })
      .refine(
        ({ label, probabilities }) => label !== undefined || probabilities !== undefined,
        'expected label, probabilities or both',
      ),
  }),
  z.strictObject({
    ...common,
    task: z.literal('regression'),
    outputs: z.strictObject({ value: z.string() }),
  }),
]);

/** model.json: what a person and the server should know of a model beyond its graph. */
export type ModelCard = z.infer<typeof modelCard>;

/**
 * Reads a model card.
 *
 * @throws ModelError that lists every place where the card is wrong
 */
export function parseModelCard(json: unknown): ModelCard {
  const result = modelCard.safeParse(json);
  if (result.success) return result.data;
  const problems = result.error.issues.map(
    (issue) => `${issue.path.join('.') || 'card'}: ${issue.message}`,
  );
  throw new ModelError('bad_card', `the model card is wrong: ${problems.join('; ')}`);
}

/**
 * Holds a card against the graph it describes.
 *
 * @throws ModelError on the first contradiction
 */
export function checkCardAgainstGraph(card: ModelCard, graph: Pick<Session, 'inputs' | 'outputs'>) {
  if (card.features) checkFeatures(card.features.length, graph.inputs);
  for (const name of Object.values(card.outputs)) {
    if (!graph.outputs.some((output) => output.name === name)) {
      const known = graph.outputs.map((output) => `'${output.name}'`).join(', ');
      throw new ModelError('bad_card', `the card names output '${name}', the graph has ${known}`);
    }
  }
  if (card.task === 'classification') checkLabels(card.labels, card.outputs.probabilities, graph);
  checkReference(card);
}

function checkLabels(
  labels: readonly string[],
  output: string | undefined,
  graph: Pick<Session, 'outputs'>,
): void {
  const probabilities = graph.outputs.find(({ name }) => name === output);
  const classes = probabilities?.shape.at(-1);
  if (classes !== undefined && classes !== -1 && classes !== labels.length) {
    throw new ModelError(
      'bad_card',
      `the card has ${labels.length} labels, the graph gives ${classes} probabilities`,
    );
  }
}

/** Reference statistics are of the features and classes that the card has. */
function checkReference(card: ModelCard): void {
  const features = new Set(card.features?.map((feature) => feature.name));
  const classes = new Set(card.task === 'classification' ? card.labels : []);
  const { reference } = card;
  const strange =
    Object.keys(reference?.features ?? {}).find((name) => !features.has(name)) ??
    Object.keys(reference?.classes ?? {}).find((name) => !classes.has(name));
  if (strange === undefined) return;
  throw new ModelError(
    'bad_card',
    `the card has reference statistics of '${strange}', unknown to it`,
  );
}

function checkFeatures(count: number, inputs: readonly TensorSpec[]): void {
  const [input] = inputs;
  if (inputs.length !== 1 || input?.shape.length !== 2) {
    const shapes = inputs.map(({ name, shape }) => `'${name}' ${formatShape(shape)}`).join(', ');
    throw new ModelError(
      'bad_card',
      `the card names features, which needs one input of shape [rows, features]; the graph has ${shapes}`,
    );
  }
  const width = input.shape[1];
  if (width !== -1 && width !== count) {
    throw new ModelError('bad_card', `the card names ${count} features, the graph takes ${width}`);
  }
}
