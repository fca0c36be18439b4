import type { Handler } from 'hono';
import { AppError } from '../errors.ts';
import { answerJson } from '../http/answer.ts';
import { milliseconds, type RequestVariables } from '../http/observe.ts';
import type { Model } from '../inference/model.ts';
import { isObject } from '../inference/rows.ts';
import { answerPredictions, type PredictionServices } from './prediction.ts';

/**
 * POST /predict and POST /models/:name[/versions/:version]/predict: rows of JSON in, one prediction per row
 * out.
 */
export function predict(services: PredictionServices): Handler<{ Variables: RequestVariables }> {
  return answerPredictions(services, 'predict', async (prediction, c) => {
    prediction.aim(c.req.param('name'), c.req.param('version'));
    const body = await prediction.readJson();
    const model = await prediction.useModel();
    const rows = findRows(body, model);
    const { outputs, seconds } = await prediction.infer(model, {
      inputs: prediction.readRows(model, rows),
      outputs: model.predictions.outputs,
    });
    return answerJson(c, {
      model: model.name,
      version: model.version,
      ...model.predictions.write(outputs, rows.length),
      time_ms: milliseconds(seconds),
    });
  });
}

/**
 * The rows of a body: those under `instances`, or the body itself as one bare row.
 *
 * @throws AppError bad_request or bad_shape
 */
export function findRows(body: unknown, model: Model): readonly unknown[] {
  if (Array.isArray(body)) return [checkBareRow(body, model)];
  if (!isObject(body)) {
    throw new AppError(
      'bad_request',
      'expected {"instances": [row, ...]} or one bare row, an array or an object',
    );
  }
  if (!Object.hasOwn(body, 'instances') || names(model).includes('instances')) {
    return [checkNamedRow(body, model)];
  }
  const { instances, ...others } = body;
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) {
    throw new AppError('bad_request', `unknown key '${unknown.slice(0, 80)}' beside 'instances'`);
  }
  if (!Array.isArray(instances)) {
    throw new AppError('bad_request', "'instances': expected an array of rows");
  }
  if (instances.length === 0) {
    throw new AppError('bad_shape', "'instances': expected at least one row, got none");
  }
  return instances;
}

/** A list of rows sent without its wrapper is a common slip, and worth an answer of its own. */
function checkBareRow(body: readonly unknown[], model: Model): readonly unknown[] {
  const rowDimensions = (model.inputs[0]?.shape.length ?? 0) - 1;
  if (rowDimensions <= 1 && typeof body[0] === 'object' && body[0] !== null) {
    throw new AppError('bad_request', 'a list of rows goes into {"instances": [...]}');
  }
  return body;
}

/** Whoever sends an object of other things, as to another server, has to hear of the wrapper and not of one feature. */
function checkNamedRow(body: Record<string, unknown>, model: Model): Record<string, unknown> {
  const [known, given] = [names(model), Object.keys(body)];
  if (given.some((name) => known.includes(name))) return body;
  const kind = model.card?.features ? 'features' : 'inputs';
  const found = given[0] === undefined ? 'an empty one' : `one with '${given[0].slice(0, 80)}'`;
  throw new AppError(
    'bad_feature',
    `expected {"instances": [row, ...]} or an object of the model's ${kind}, such as '${known[0]}', got ${found}`,
  );
}

/** What a row that is an object has: a model may have a feature or input called 'instances'. */
function names(model: Model): readonly string[] {
  return (model.card?.features ?? model.inputs).map(({ name }) => name);
}
