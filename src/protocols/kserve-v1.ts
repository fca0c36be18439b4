import type { Handler } from 'hono';
import * as z from 'zod';
import { answerJson } from '../http/answer.ts';
import type { RequestVariables } from '../http/observe.ts';
import type { Model } from '../inference/model.ts';
import type { ModelRepository } from '../inference/repository.ts';
import { columnsToRows, unwrapInput } from './columns.ts';
import { answerPredictions, type PredictionServices } from './prediction.ts';
import { anyObject, parseForm, someList } from './schema.ts';

/** KServe's first protocol, which is TensorFlow Serving's: outputs by their names, as the graph gives them. */

/** Rows, or the same by columns. TensorFlow Serving's clients may name the signature, of which there is one. */
export const v1Request = z
  .object({
    instances: someList.optional(),
    inputs: z.union([someList, anyObject]).optional(),
    signature_name: z.string().optional(),
  })
  .refine(
    ({ instances, inputs }) => (instances === undefined) !== (inputs === undefined),
    "expected either 'instances' or 'inputs'",
  );

export const v1Response = z.union([
  z.object({
    predictions: z.array(z.unknown()),
    outputs: z.record(z.string(), z.unknown()).optional(),
  }),
  z.object({ outputs: z.unknown() }),
]);

/** GET /v1/models */
export function listV1(models: ModelRepository): Handler {
  return (c) => answerJson(c, { models: models.names() });
}

/** GET /v1/models/:name[/versions/:version]: as KServe says it, and as TensorFlow Serving does. */
export function describeV1(models: ModelRepository): Handler {
  return async (c) => {
    const { name, version } = await models.get(c.req.param('name') ?? '', c.req.param('version'));
    const status = { error_code: 'OK', error_message: '' };
    const state = { version, state: 'AVAILABLE', status };
    return answerJson(c, { name, ready: true, model_version_status: [state] });
  };
}

/**
 * POST /v1/models/:name[/versions/:version]:predict
 *
 * The verb belongs to the last part of the path, which a route takes as one: `call`, or `versionCall` where the
 * path names a version.
 */
export function predictV1(services: PredictionServices): Handler<{ Variables: RequestVariables }> {
  return answerPredictions(services, 'v1', async (prediction, c) => {
    const [name, version] = [
      c.req.param('call') ?? c.req.param('name'),
      c.req.param('versionCall'),
    ];
    prediction.aim(name && withoutVerb(name), version && withoutVerb(version));
    const { instances, inputs } = parseForm(v1Request, await prediction.readJson());
    const model = await prediction.useModel();
    const given = instances ?? (Array.isArray(inputs) ? inputs : columnsToRows(inputs ?? {}));
    const rows = unwrapInput(given, model);
    const { outputs } = await prediction.infer(model, {
      inputs: prediction.readRows(model, rows),
    });
    const { predictions, outputs: whole } = model.namedOutputs.write(outputs, rows.length);
    const byRow = predictions.map((row) => onlyOr(row, model));
    if (instances) return answerJson(c, { predictions: byRow, ...(whole && { outputs: whole }) });
    const columns = { ...rowsToColumns(predictions, model), ...whole };
    return answerJson(c, { outputs: onlyOr(columns, model) });
  });
}

function withoutVerb(part: string): string {
  return part.replace(/:predict$/, '');
}

/** A model with one output is answered with its values, any other with values by the names of outputs. */
function onlyOr(named: Readonly<Record<string, unknown>>, { outputNames }: Model): unknown {
  const [only] = outputNames;
  return outputNames.length === 1 && only !== undefined ? named[only] : named;
}

function rowsToColumns(
  rows: readonly Readonly<Record<string, unknown>>[],
  { outputNames }: Model,
): Record<string, unknown> {
  return Object.fromEntries(outputNames.map((name) => [name, rows.map((row) => row[name])]));
}
