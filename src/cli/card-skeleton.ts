import { elementReader } from '../inference/elements.ts';
import type { Tensor } from '../inference/tensor.ts';
import type { TensorSpec } from '../inference/types.ts';
import { type CardData, countFeatures } from './card-data.ts';
import type { Trial } from './try-model.ts';

/** What somebody says of a model beyond its graph. */
export interface Wishes {
  readonly task?: 'classification' | 'regression' | undefined;
  /** The classes, in the order of the probabilities. */
  readonly labels?: readonly string[] | undefined;
  /** CSV with rows that it takes, below the names of its features, and columns of it that are none. */
  readonly data?: string | undefined;
  readonly ignore?: readonly string[] | undefined;
}

/** What is known of a model's graph. */
export interface Graph {
  readonly inputs: readonly TensorSpec[];
  readonly outputs: readonly TensorSpec[];
  /** What it was seen to do; undefined where it took nothing that was tried. */
  readonly trial: Trial | undefined;
}

/** A card to fill in, or why there is none. */
export type Sketch =
  | { readonly card: object; readonly why?: undefined }
  | { readonly card?: undefined; readonly why: string };

/** More of them nobody names by hand. */
const MOST_FEATURES = 256;
const MOST_LABELS = 1000;

/**
 * A model card as far as a graph tells it: names of features and labels are left for a person to put in their place,
 * but for what data of theirs has told already.
 * What the model is for is taken from its outputs, and only where they leave little doubt.
 *
 * @throws Error when what is wished contradicts the graph
 */
export function sketchCard(name: string, graph: Graph, wishes: Wishes, data?: CardData): Sketch {
  const outputs = graph.outputs.map((spec) => observe(spec, graph));
  const found = findPredictions(outputs, wishes);
  if (found.why !== undefined) return found;
  const features = data?.features?.map((each) => ({ name: each })) ?? nameFeatures(graph.inputs);
  const tried = graph.trial?.row;
  const examples = data?.examples.length ? data.examples : tried !== undefined && [tried];
  return {
    card: {
      name,
      task: found.task,
      ...(features && { features }),
      ...(found.labels && { labels: found.labels }),
      outputs: found.outputs,
      ...(examples && { examples }),
    },
  };
}

/** An output, as it is declared and as it came. */
interface Output {
  readonly spec: TensorSpec;
  /** Values for one row; -1 where that is not known, and undefined for what has no entry per row. */
  readonly width: number | undefined;
  readonly tensor: Tensor | undefined;
}

function observe(spec: TensorSpec, { inputs, trial }: Graph): Output {
  const tensor = trial?.outputs.find(({ name }) => name === spec.name);
  // What came is as wide as what was sent, where the graph takes any width: then it tells nothing.
  const isTelling = inputs.every(({ shape }) => !shape.includes(-1, 1));
  const shape = (isTelling ? tensor?.shape : undefined) ?? spec.shape;
  const [rows, ...row] = shape;
  const hasRows = rows === -1 || rows === 1;
  return { spec, width: hasRows && row.length <= 1 ? (row[0] ?? 1) : undefined, tensor };
}

type Found =
  | {
      readonly task: 'classification' | 'regression';
      readonly labels?: readonly string[];
      readonly outputs: Readonly<Record<string, string>>;
      readonly why?: undefined;
    }
  | { readonly why: string };

function findPredictions(outputs: readonly Output[], { task, labels }: Wishes): Found {
  const [first] = outputs;
  const isOnly = outputs.length === 1;
  const label = outputs.find((output) => output.width === 1 && !isFloat(output));
  const probabilities = outputs.find((output) => isFloat(output) && isSeveral(output));
  const value = outputs.find((output) => isFloat(output) && output.width === 1);

  if (task === 'regression') {
    if (value) return { task, outputs: { value: value.spec.name } };
    throw new Error('--task regression: the graph has no output of one number per row');
  }
  if (task === 'classification' || labels) return classify(label, probabilities, labels);
  if (label && probabilities && (outputs.length === 2 || /prob/i.test(probabilities.spec.name))) {
    return classify(label, probabilities, labels);
  }
  if (isOnly && probabilities && isDistribution(probabilities)) {
    return classify(undefined, probabilities, labels);
  }
  if (isOnly && first === value && value) {
    return { task: 'regression', outputs: { value: value.spec.name } };
  }
  return { why: 'its outputs do not tell its task (--task or --labels would)' };
}

function classify(
  label: Output | undefined,
  probabilities: Output | undefined,
  given: readonly string[] | undefined,
): Found {
  if (!label && !probabilities) {
    throw new Error(
      '--task classification: the graph has neither an output of one label per row nor one of probabilities',
    );
  }
  const classes = probabilities?.width ?? -1;
  if (given && classes !== -1 && given.length !== classes) {
    throw new Error(
      `--labels names ${given.length} classes, the graph gives ${classes} probabilities`,
    );
  }
  if (!given && classes === -1) {
    return { why: 'the graph does not say how many classes there are (--labels names them)' };
  }
  if (!given && classes > MOST_LABELS) {
    return { why: `it has ${classes} classes, too many to fill in (--labels names them)` };
  }
  return {
    task: 'classification',
    labels: given ?? Array.from({ length: classes }, (_, i) => `class ${i}`),
    outputs: {
      ...(label && { label: label.spec.name }),
      ...(probabilities && { probabilities: probabilities.spec.name }),
    },
  };
}

function isFloat({ spec }: Output): boolean {
  return spec.datatype.startsWith('FP');
}

function isSeveral({ width }: Output): boolean {
  return width !== undefined && (width === -1 || width > 1);
}

/** Whether the values that came are probabilities: none is negative, and together they are one. */
function isDistribution({ tensor }: Output): boolean {
  if (!tensor) return false;
  const read = elementReader(tensor);
  const numbers = Array.from({ length: tensor.data.length }, (_, i) => Number(read(i)));
  const sum = numbers.reduce((total, each) => total + each, 0);
  return numbers.every((each) => each >= 0) && Math.abs(sum - 1) < 1e-3;
}

/** @returns undefined for a model whose rows are not so many values, or too many to name */
function nameFeatures(inputs: readonly TensorSpec[]) {
  const width = countFeatures(inputs);
  if (width === undefined || width > MOST_FEATURES) return undefined;
  return Array.from({ length: width }, (_, i) => ({ name: `feature ${i + 1}` }));
}
