import { AppError } from '../errors.ts';
import type { Model } from '../inference/model.ts';
import { elementCount, formatShape, type Tensor } from '../inference/tensor.ts';

/**
 * The classification extension: of each row of scores the `count` highest, as text "score:index" or, where the
 * model's card names the classes, "score:index:label".
 *
 * @throws AppError bad_request for an output that holds no scores
 */
export function classify(tensor: Tensor, count: number, model: Model): Tensor {
  const { data, shape, name, datatype } = tensor;
  // Where the first dimension is the batch, there have to be scores behind it.
  const classes = model.sharesRuns && shape.length < 2 ? 0 : (shape.at(-1) ?? 0);
  if (Array.isArray(data) || datatype === 'BOOL' || datatype === 'FP16' || classes === 0) {
    throw new AppError(
      'bad_request',
      `output '${name}': cannot be classified, it is ${datatype} of shape ${formatShape(shape)}`,
    );
  }
  const labels = labelsOf(model, name);
  const highest = Math.min(count, classes);
  const rows = elementCount(shape.slice(0, -1));
  const texts: string[] = [];
  for (let row = 0; row < rows; row++) {
    const scores = Array.from({ length: classes }, (_, i) => Number(data[row * classes + i]));
    const best = scores
      .map((score, index) => ({ score, index }))
      .sort((a, b) => b.score - a.score || a.index - b.index);
    for (const { score, index } of best.slice(0, highest)) {
      const label = labels?.[index];
      texts.push(`${score}:${index}${label === undefined ? '' : `:${label}`}`);
    }
  }
  return { name, datatype: 'BYTES', shape: [...shape.slice(0, -1), highest], data: texts };
}

function labelsOf({ card }: Model, output: string): readonly string[] | undefined {
  if (card?.task !== 'classification' || card.outputs.probabilities !== output) return undefined;
  return card.labels;
}
