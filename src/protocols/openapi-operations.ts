import * as z from 'zod';
import { ERRORS, type ErrorCode } from '../errors.ts';
import type { Model } from '../inference/model.ts';
import { writeJsonTensor } from './json-tensors.ts';
import { v1Request, v1Response } from './kserve-v1.ts';
import { invocation, invocationResponse } from './mlflow.ts';
import * as v2 from './open-inference-schemas.ts';
import type { JsonSchema } from './openapi.ts';

/** One operation, as /openapi.json shows it. */
export interface Operation {
  readonly tag: string;
  readonly summary: string;
  /** By media type; absent when it takes no body. */
  readonly request?: Readonly<Record<string, z.ZodType | JsonSchema>>;
  /** False for a body that may be left out. */
  readonly requestRequired?: boolean;
  /** A body that a model takes, from a row of its card. */
  readonly example?: (model: Model, row: unknown) => unknown;
  /** Headers that it reads, beside those of HTTP. */
  readonly headers?: Readonly<Record<string, JsonSchema>>;
  /** What it answers when all is well, by media type. */
  readonly answers: Readonly<Record<string, z.ZodType | JsonSchema>>;
  readonly errors: readonly ErrorCode[];
  /** The body of its errors, where that is more than usual. */
  readonly errorBody?: z.ZodType;
  /** Whether it may ask for a token. */
  readonly token?: boolean;
}

/** The body of every error. */
export const errorAnswer = z.object({
  error: z.string(),
  code: z.enum(Object.keys(ERRORS) as [ErrorCode, ...ErrorCode[]]),
});

const ACCESS = ['unauthorized', 'forbidden'] as const;
const LOOKUP = ['model_not_found', 'version_not_found', 'not_ready', 'shutting_down'] as const;
const PREDICTION = [
  ...['bad_json', 'bad_request', 'bad_shape', 'bad_datatype', 'bad_feature'],
  ...ACCESS,
  ...LOOKUP,
  ...['cancelled', 'body_too_large', 'unsupported_media_type'],
  ...['inference_failed', 'internal', 'overloaded', 'timeout'],
] as readonly ErrorCode[];

const json = (schema: z.ZodType | JsonSchema) => ({ 'application/json': schema });
const text = { 'text/plain': { type: 'string' } };
/** Of a schema's properties, these stand for each other. */
const exactlyOne = (...names: readonly string[]) => ({
  oneOf: names.map((name) => ({ required: [name] })),
});
const binary = { 'application/octet-stream': {} };

const row = { type: ['array', 'object', 'number', 'string', 'boolean'] };
const anyRows = {
  anyOf: [
    {
      type: 'object',
      properties: { instances: { type: 'array', minItems: 1, items: row } },
      required: ['instances'],
      additionalProperties: false,
    },
    {
      type: ['array', 'object'],
      minItems: 1,
      minProperties: 1,
      description: 'one bare row',
    },
  ],
};
const predictions = z.object({
  model: z.string(),
  version: z.string(),
  predictions: z.array(z.record(z.string(), z.unknown())),
  outputs: z.record(z.string(), z.unknown()).optional(),
  time_ms: z.number(),
});
const modelState = z.object({
  name: z.string(),
  version: z.string(),
  state: z.string(),
  reason: z.string().optional(),
});

const oneInstance: Operation['example'] = (_, row) => ({ instances: [row] });
const predict = (summary: string): Operation => ({
  tag: 'predict',
  summary,
  request: json(anyRows),
  example: oneInstance,
  answers: json(predictions),
  errors: PREDICTION,
  token: true,
});
const read = (tag: string, summary: string, schema: z.ZodType, errors = LOOKUP): Operation => ({
  tag,
  summary,
  answers: json(schema),
  errors,
});
const infer: Operation = {
  tag: 'Open Inference Protocol',
  summary: 'Infer, in JSON or with binary tensors',
  request: { ...json(v2.inferRequest), ...binary },
  headers: {
    'Inference-Header-Content-Length': {
      type: 'integer',
      minimum: 0,
      description: 'bytes of JSON before the binary tensors; binary bodies need it',
    },
  },
  example: (model, row) => ({
    inputs: model.readRows([row]).map((tensor) => {
      const { name, datatype, shape } = tensor;
      return { name, datatype, shape, data: writeJsonTensor(tensor) };
    }),
  }),
  answers: { ...json(v2.inferResponse), ...binary },
  errors: PREDICTION,
  token: true,
};
const v1Predict: Operation = {
  tag: 'KServe V1',
  summary: 'Predict from rows or columns',
  request: json(v1Request.meta(exactlyOne('instances', 'inputs'))),
  example: oneInstance,
  answers: json(v1Response),
  errors: PREDICTION,
  token: true,
};
const v1Model = read(
  'KServe V1',
  'Whether a model is ready',
  z.object({
    name: z.string(),
    ready: z.literal(true),
    model_version_status: z.array(z.record(z.string(), z.unknown())),
  }),
);
const v2Read = (summary: string, schema: z.ZodType) =>
  read('Open Inference Protocol', summary, schema);
const modelMetadata = v2Read('Inputs and outputs of a model', v2.modelMetadata);
const modelReady = v2Read('Whether a model is ready', v2.modelReady);
const modelConfig = v2Read('The configuration of a model', v2.modelConfig);
const modelStatistics = v2Read('What a model has done', v2.statistics);
const control = (
  summary: string,
  answer: z.ZodType,
  errors: readonly ErrorCode[] = [],
): Operation => ({
  tag: 'Open Inference Protocol',
  summary,
  request: json(v2.loadRequest),
  requestRequired: false,
  answers: json(answer),
  errors: [
    ...['bad_json', 'bad_request', 'body_too_large', 'unsupported_media_type'],
    ...['unauthorized', 'forbidden', 'model_not_found', 'not_ready', 'shutting_down', 'internal'],
    ...errors,
  ] as readonly ErrorCode[],
  token: true,
});
const scoring: Operation = {
  tag: 'MLflow',
  summary: 'Whether the default model is ready',
  answers: text,
  errors: LOOKUP,
};

/** Every route of the app, by method and pattern; a test holds this table to the route table. */
export const OPERATIONS: Readonly<Record<string, Operation>> = {
  'POST /predict': predict('Predict with the default model'),
  'POST /models/:name/predict': predict('Predict with a model'),
  'POST /models/:name/versions/:version/predict': predict('Predict with a version of a model'),
  'GET /models': read(
    'models',
    'Every model with its state',
    z.object({
      default: z.string().nullable(),
      tokens: z.object({ predictions: z.boolean(), metrics: z.boolean() }),
      models: z.array(modelState),
    }),
  ),
  'GET /models/:name': read(
    'models',
    'Inputs, outputs and card of a model',
    z.object({
      name: z.string(),
      version: z.string(),
      sha256: z.string(),
      inputs: v2.modelMetadata.shape.inputs,
      outputs: v2.modelMetadata.shape.outputs,
      card: z.looseObject({ name: z.string() }).nullable(),
    }),
  ),

  'GET /v2': v2Read('The server and its extensions', v2.serverMetadata),
  'GET /v2/': v2Read('The server and its extensions', v2.serverMetadata),
  'GET /v2/health/live': v2Read('Whether the server lives', v2.live),
  'GET /v2/health/ready': v2Read('Whether every model is ready', v2.serverReady),
  'GET /v2/models': v2Read('Names of the models', v2.modelList),
  'GET /v2/models/stats': modelStatistics,
  'GET /v2/models/:name': modelMetadata,
  'GET /v2/models/:name/versions/:version': modelMetadata,
  'GET /v2/models/:name/ready': modelReady,
  'GET /v2/models/:name/versions/:version/ready': modelReady,
  'GET /v2/models/:name/config': modelConfig,
  'GET /v2/models/:name/versions/:version/config': modelConfig,
  'GET /v2/models/:name/stats': modelStatistics,
  'GET /v2/models/:name/versions/:version/stats': modelStatistics,
  'POST /v2/models/:name/infer': infer,
  'POST /v2/models/:name/versions/:version/infer': infer,
  'POST /v2/repository/index': {
    tag: 'Open Inference Protocol',
    summary: 'Every version of every model with its state',
    request: json(v2.indexRequest),
    requestRequired: false,
    answers: json(v2.repositoryIndex),
    errors: [
      'bad_json',
      'bad_request',
      'body_too_large',
      'unsupported_media_type',
      'shutting_down',
    ],
  },

  'POST /v2/repository/models/:name/load': control(
    'Load a model as its files are now',
    v2.loadAnswer,
    ['bad_model'],
  ),
  'POST /v2/repository/models/:name/unload': control(
    'Take a model out of service until it is loaded again',
    v2.unloadAnswer,
  ),

  'GET /v1/models': read('KServe V1', 'Names of the models', v2.modelList),
  'GET /v1/models/:name{[^/:]+}': v1Model,
  'GET /v1/models/:name/versions/:version{[^/:]+}': v1Model,
  'POST /v1/models/:call{[^/]+:predict}': v1Predict,
  'POST /v1/models/:name/versions/:versionCall{[^/]+:predict}': v1Predict,

  'POST /invocations': {
    tag: 'MLflow',
    summary: 'Predict with the default model, from a table',
    request: {
      ...json(
        invocation.meta(exactlyOne('dataframe_split', 'dataframe_records', 'instances', 'inputs')),
      ),
      'text/csv': { type: 'string', minLength: 1 },
    },
    example: oneInstance,
    answers: json(invocationResponse),
    errors: PREDICTION,
    token: true,
  },
  'GET /ping': scoring,
  'GET /health': scoring,
  'GET /version': { ...scoring, summary: 'The version of Kilat', errors: ['shutting_down'] },

  'GET /healthz': {
    tag: 'operations',
    summary: 'Whether the server lives',
    answers: json(z.object({ alive: z.literal(true) })),
    errors: [],
  },
  'GET /readyz': {
    ...read(
      'operations',
      'Whether every model is ready',
      z.object({ ready: z.boolean(), models: z.array(modelState) }),
    ),
    errors: ['not_ready', 'shutting_down'],
    errorBody: z.looseObject({
      ...errorAnswer.shape,
      ready: z.literal(false).optional(),
      models: z.array(modelState).optional(),
    }),
  },
  'GET /metrics': {
    tag: 'operations',
    summary: 'Everything measured, for Prometheus',
    answers: { ...text, 'application/openmetrics-text': { type: 'string' } },
    errors: ACCESS,
    token: true,
  },
  'GET /openapi.json': {
    tag: 'operations',
    summary: 'This document',
    answers: json({ type: 'object' }),
    errors: ['shutting_down'],
  },
};
