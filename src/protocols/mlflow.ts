import type { Context, Handler } from 'hono';
import Papa from 'papaparse';
import * as z from 'zod';
import { AppError } from '../errors.ts';
import { answer, answerJson } from '../http/answer.ts';
import { decodeText, mediaType } from '../http/body.ts';
import type { RequestVariables } from '../http/observe.ts';
import type { Model } from '../inference/model.ts';
import { columnsToRows, unwrapInput } from './columns.ts';
import { answerPredictions, type PredictionServices } from './prediction.ts';
import { anyList, anyObject, listOf, parseForm, someList } from './schema.ts';

/** MLflow's scoring server: tables in, predictions out, always of the default model. */

const FORMS = ['dataframe_split', 'dataframe_records', 'instances', 'inputs'] as const;

export const invocation = z
  .object({
    dataframe_split: z
      .object({
        columns: listOf(z.union([z.string(), z.number()]), { min: 1 }),
        data: listOf(anyList, { min: 1 }),
        index: anyList.optional(),
      })
      .optional(),
    dataframe_records: listOf(anyObject, { min: 1 }).optional(),
    instances: someList.optional(),
    inputs: z.union([someList, anyObject]).optional(),
    params: anyObject.optional(),
  })
  .refine(
    (body) => FORMS.filter((form) => body[form] !== undefined).length === 1,
    `expected exactly one of ${FORMS.join(', ')}`,
  );

export const invocationResponse = z.object({
  predictions: z.array(z.unknown()),
  outputs: z.record(z.string(), z.unknown()).optional(),
});

/** POST /invocations */
export function invoke(services: PredictionServices): Handler<{ Variables: RequestVariables }> {
  return answerPredictions(services, 'mlflow', async (prediction, c) => {
    prediction.aim();
    const isCsv = mediaType(c)?.toLowerCase() === 'text/csv';
    const body = isCsv
      ? decodeText(await prediction.readBytes())
      : parseForm(invocation, await prediction.readJson());
    const model = await prediction.useModel();
    const rows =
      typeof body === 'string' ? readCsv(body, model, prediction.maxRows) : readRows(body, model);
    const { outputs } = await prediction.infer(model, {
      inputs: prediction.readRows(model, rows),
      outputs: model.predictions.outputs,
    });
    return answerJson(c, model.predictions.write(outputs, rows.length));
  });
}

/** GET /ping and GET /health: whether the model that /invocations asks is ready. */
export function ping({ models, defaultModel }: PredictionServices): Handler {
  return (c) => {
    const name = defaultModel();
    if (name === undefined) throw new AppError('not_ready', 'there is no default model');
    models.requireServing(name);
    return answer(c, '\n', { 'Content-Type': 'text/plain' });
  };
}

/** GET /version */
export function tellVersion(version: string): Handler {
  return (c: Context) => answer(c, version, { 'Content-Type': 'text/plain' });
}

function readRows(body: z.infer<typeof invocation>, model: Model): readonly unknown[] {
  const { dataframe_split: split, dataframe_records: records, instances, inputs } = body;
  if (split) return readTable(split.columns.map(String), split.data, model);
  if (records) return records;
  if (instances) return unwrapInput(instances, model);
  return unwrapInput(Array.isArray(inputs) ? inputs : columnsToRows(inputs ?? {}), model);
}

/** @throws AppError bad_shape or bad_feature */
function readTable(
  columns: readonly string[],
  data: readonly (readonly unknown[])[],
  model: Model,
): readonly unknown[] {
  const seen = new Set<string>();
  const twice = columns.find((name) => seen.size === seen.add(name).size);
  if (twice !== undefined) {
    throw new AppError('bad_feature', `column '${twice.slice(0, 80)}' is there twice`);
  }
  data.forEach((row, index) => {
    if (row.length === columns.length) return;
    throw new AppError(
      'bad_shape',
      `row ${index}: expected ${columns.length} values, one per column, got ${row.length}`,
    );
  });
  // Without names to match, the order of the columns has to be the model's.
  if (!model.card?.features && model.inputs.length === 1) return data;
  return data.map((row) => Object.fromEntries(columns.map((name, i) => [name, row[i]])));
}

/**
 * A table of text with a row of names at its head. What looks like a number is one, but for models of text.
 *
 * @throws AppError bad_request for text that is no such table
 */
function readCsv(text: string, model: Model, maxRows: number): readonly unknown[] {
  const { data, errors } = Papa.parse<string[]>(text, {
    delimiter: ',',
    skipEmptyLines: true,
    // The head, and one row too many to be taken: what follows need not be looked at.
    preview: maxRows + 2,
  });
  const [fault] = errors;
  if (fault) throw new AppError('bad_request', `the body is not CSV: ${fault.message}`);
  const [columns, ...rows] = data;
  if (!columns || rows.length === 0) {
    throw new AppError(
      'bad_shape',
      'expected a row of column names and at least one row of values',
    );
  }
  const isText = new Set(
    model.inputs.filter(({ datatype }) => datatype === 'BYTES').map(({ name }) => name),
  );
  const allText = isText.size === model.inputs.length;
  const values = rows.map((row) =>
    row.map((value, i) => (allText || isText.has(columns[i] ?? '') ? value : toValue(value))),
  );
  return readTable(columns, values, model);
}

const NUMBER = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?$/i;

function toValue(text: string): unknown {
  const trimmed = text.trim();
  if (NUMBER.test(trimmed)) {
    const number = Number(trimmed);
    // A whole number that would lose digits stays text, which 64-bit integers take.
    return Number.isInteger(number) && !Number.isSafeInteger(number) && /^-?\d+$/.test(trimmed)
      ? trimmed
      : number;
  }
  if (/^true$/i.test(trimmed)) return true;
  return /^false$/i.test(trimmed) ? false : text;
}
