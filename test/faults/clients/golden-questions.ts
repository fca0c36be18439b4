import { gzipSync } from 'node:zlib';
import * as z from 'zod';
import { readCard } from '../../helpers/golden.ts';
import type { Answer } from '../answer-parser.ts';
import { ask, json, type Question, UNDER_PRESSURE } from '../question.ts';
import type { Random } from '../random.ts';
import { GoldenRows, pickClassifier, pickGolden } from './golden-rows.ts';

/** Questions in every protocol about rows whose right answers are known. */

/** An administrator may have unloaded the model, and a thread may have been ended with a large run in it. */
const CODES = [...UNDER_PRESSURE, 'not_ready', 'inference_failed'] as const;

const prediction = z.union([
  z.strictObject({ label: z.string(), probabilities: z.record(z.string(), z.number()) }),
  z.strictObject({ value: z.number() }),
]);
const predictAnswer = z.looseObject({
  model: z.string(),
  version: z.literal('1'),
  predictions: z.array(prediction),
});
const mlflowAnswer = z.strictObject({ predictions: z.array(prediction) });
const labelled = z.looseObject({ label: z.number() });
const v1Answer = z.strictObject({ predictions: z.array(labelled) });
const v2Output = z.looseObject({ name: z.string(), data: z.array(z.unknown()) });
const v2Answer = z.looseObject({
  model_name: z.string(),
  model_version: z.literal('1'),
  outputs: z.array(v2Output),
});

/** A check that names the answer when it is of another form, or not right. */
export function checkAnswer<Form extends z.ZodType>(
  form: Form,
  isRight: (body: z.infer<Form>) => boolean,
): (answer: Answer) => string | undefined {
  return ({ body }) => {
    const text = body.toString();
    const parsed = form.safeParse(JSON.parse(text));
    return parsed.success && isRight(parsed.data) ? undefined : `wrong: ${text.slice(0, 300)}`;
  };
}

function howMany(count: number): string {
  if (count === 1) return 'one';
  return count > 64 ? 'very many' : 'some';
}

/** Kilat's own protocol. */
export function predictRows(random: Random, count: number, isZipped = false): Question {
  const rows = new GoldenRows(pickGolden(random), random, count);
  const text = json({ instances: rows.values });
  const parts = {
    path: `/models/${rows.model}/predict`,
    body: isZipped ? gzipSync(text) : text,
    headers: { 'Content-Encoding': isZipped ? 'gzip' : '' },
  };
  const check = checkAnswer(predictAnswer, ({ model, predictions }) => {
    return model === rows.model && rows.arePredicted(predictions);
  });
  const kind = `predict ${howMany(count)}${isZipped ? ' zipped' : ''}`;
  return ask(kind, parts, { codes: CODES, check });
}

/** MLflow's protocol, as a table with names of columns; it asks the default model. */
export function invoke(random: Random, count: number): Question {
  const rows = new GoldenRows('breast-cancer', random, count);
  const columns = readCard(rows.model).features.map(({ name }) => name);
  const body = json({ dataframe_split: { columns, data: rows.values } });
  const check = checkAnswer(mlflowAnswer, ({ predictions }) => rows.arePredicted(predictions));
  return ask('mlflow', { path: '/invocations', body }, { codes: CODES, check });
}

/** KServe's first protocol. */
export function predictV1(random: Random, count: number): Question {
  const rows = new GoldenRows(pickClassifier(random), random, count);
  const parts = {
    path: `/v1/models/${rows.model}:predict`,
    body: json({ instances: rows.values }),
  };
  const check = checkAnswer(v1Answer, ({ predictions }) => {
    return rows.areLabelled(predictions.map(({ label }) => label));
  });
  return ask('v1', parts, { codes: CODES, check });
}

/** The Open Inference Protocol: tensors in JSON or in bytes, answered as they are or compressed. */
export function inferV2(random: Random, count: number): Question {
  const rows = new GoldenRows(pickClassifier(random), random, count);
  const values = rows.values.flat();
  const head = { name: 'features', datatype: 'FP32', shape: [count, values.length / count] };
  const isBinary = random.chance(0.5);
  const isZipped = random.chance(0.3);
  const bytes = new Uint8Array(Float32Array.from(values).buffer);
  const text = isBinary
    ? json({ inputs: [{ ...head, parameters: { binary_data_size: bytes.byteLength } }] })
    : json({ inputs: [{ ...head, data: values }] });
  const parts = {
    path: `/v2/models/${rows.model}/infer`,
    body: isBinary ? Buffer.concat([Buffer.from(text), bytes]) : text,
    headers: {
      'Inference-Header-Content-Length': isBinary ? String(Buffer.byteLength(text)) : '',
      'Accept-Encoding': isZipped ? 'gzip' : '',
    },
  };
  const check = checkAnswer(v2Answer, ({ model_name: model, outputs }) => {
    const data = (name: string) => outputs.find((output) => output.name === name)?.data ?? [];
    return (
      model === rows.model &&
      rows.areLabelled(data('label')) &&
      rows.haveProbabilities(data('probabilities'))
    );
  });
  const kind = `v2${isBinary ? ' binary' : ''}${isZipped ? ' zipped' : ''}`;
  return ask(kind, parts, { codes: CODES, check });
}
