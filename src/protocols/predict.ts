import type { Context, Handler } from 'hono';
import { AppError } from '../errors.ts';
import { answerJson } from '../http/answer.ts';
import { type BodyReader, readJson } from '../http/body.ts';
import { milliseconds, type PredictionNote, type RequestVariables } from '../http/observe.ts';
import type { Model } from '../inference/model.ts';
import type { ModelRepository } from '../inference/repository.ts';
import { isObject } from '../inference/rows.ts';

type PredictContext = Context<{ Variables: RequestVariables }>;

/**
 * POST /predict and POST /models/:name[/versions/:version]/predict: rows of JSON in, one prediction per row
 * out.
 *
 * @param options.defaultModel the model of POST /predict; without one the path has to name it
 */
export function predict(options: {
  models: ModelRepository;
  defaultModel: string | undefined;
  readBody: BodyReader;
  maxBodyBytes: number;
  timeoutMs: number;
  isClientGone: (c: Context) => boolean;
}): Handler<{ Variables: RequestVariables }> {
  const { models, defaultModel, readBody, maxBodyBytes, timeoutMs, isClientGone } = options;

  return async function predict(c: PredictContext) {
    const note: PredictionNote = { protocol: 'predict' };
    c.set('prediction', note);
    const model = findModel(models, c.req.param('name') ?? defaultModel, c.req.param('version'));
    note.model = model.name;
    note.version = model.version;
    const rows = readRows(await readJson(c, readBody, maxBodyBytes), model);
    note.rows = rows.length;
    const { outputs, seconds } = await model.infer({
      inputs: model.readRows(rows),
      outputs: model.predictions.outputs,
      traceId: c.get('traceId'),
      deadline: c.get('startedAt') + timeoutMs,
      isGone: () => isClientGone(c),
    });
    note.inferenceSeconds = seconds;
    return answerJson(c, {
      model: model.name,
      version: model.version,
      ...model.predictions.write(outputs, rows.length),
      time_ms: milliseconds(seconds),
    });
  };
}

function findModel(models: ModelRepository, name: string | undefined, version: string | undefined) {
  if (name !== undefined) return models.get(name, version);
  const known = models.names().join(', ');
  throw new AppError(
    'bad_request',
    `there is no default model; POST to /models/<name>/predict, with one of ${known}`,
  );
}

/**
 * The rows of a body: those under `instances`, or the body itself as one bare row.
 *
 * @throws AppError bad_request or bad_shape
 */
function readRows(body: unknown, model: Model): readonly unknown[] {
  if (Array.isArray(body)) return [checkBareRow(body, model)];
  if (!isObject(body)) {
    throw new AppError(
      'bad_request',
      'expected {"instances": [row, ...]} or one bare row, an array or an object',
    );
  }
  if (!Object.hasOwn(body, 'instances') || namesInstances(model)) return [body];
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

/** A model may have a feature or input of that very name; then an object is a row. */
function namesInstances(model: Model): boolean {
  const names = model.card?.features ?? model.inputs;
  return names.some(({ name }) => name === 'instances');
}
