import type { Handler } from 'hono';
import * as z from 'zod';
import { ERRORS, type ErrorCode } from '../errors.ts';
import { answerJson } from '../http/answer.ts';
import type { Model } from '../inference/model.ts';
import type { ModelRepository } from '../inference/repository.ts';
import { predictionSchemas } from './openapi-models.ts';
import { errorAnswer, OPERATIONS, type Operation } from './openapi-operations.ts';

/** A JSON Schema, as OpenAPI 3.1 takes it. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** What this writes of OpenAPI 3.1: https://spec.openapis.org/oas/v3.1.1.html */
export interface OpenApiDocument {
  readonly openapi: '3.1.0';
  readonly info: { readonly title: string; readonly version: string; readonly description: string };
  readonly paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly components: unknown;
}

/**
 * GET /openapi.json: every operation, from the schemas that the handlers hold bodies to, and the models' cards.
 *
 * @param defaultModel the model that is asked where a path names none
 */
export function openApi(
  models: ModelRepository,
  version: string,
  defaultModel: () => string | undefined,
): Handler {
  return (c) => answerJson(c, describeApi(models, version, defaultModel()));
}

export function describeApi(
  models: ModelRepository,
  version: string,
  defaultModel?: string,
): OpenApiDocument {
  const paths: Record<string, Record<string, unknown>> = {};
  // Of each model the version that is asked when a request names none.
  const ready = models.names().flatMap((name) => {
    const entry = models.entries().find((each) => each.name === name && each.state === 'READY');
    return entry?.state === 'READY' ? entry.model : [];
  });
  for (const [route, operation] of Object.entries(OPERATIONS)) {
    const [method = '', pattern = ''] = route.split(' ');
    const path = toTemplate(pattern);
    const asked = ready.filter(({ name }) => path.includes('{name}') || name === defaultModel);
    paths[path] = {
      ...paths[path],
      [method.toLowerCase()]: describeOperation(operation, path, asked),
    };
  }
  // A path that is written out stands before its template, and knows what its model takes.
  const predict = OPERATIONS['POST /models/:name/predict'];
  for (const model of ready) {
    const path = `/models/${model.name}/predict`;
    if (paths[path] || !predict) continue;
    const { request, response } = predictionSchemas(model);
    const own = {
      ...predict,
      summary: model.card?.description ?? `Predict with ${model.name}`,
      request: { 'application/json': request },
      answers: { 'application/json': response },
    };
    paths[path] = { post: describeOperation(own, path, []) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Kilat',
      version,
      description: 'Serves ONNX models, and tells the truth about it.',
    },
    paths,
    components: {
      schemas: { Error: toJsonSchema(errorAnswer, 'output') },
      securitySchemes: { token: { type: 'http', scheme: 'bearer' } },
    },
  };
}

/** A pattern of the route table as a template of OpenAPI. */
export function toTemplate(pattern: string): string {
  return pattern
    .replace(/:(?:versionCall|call)\{[^}]*\}/, (part) =>
      part.startsWith(':versionCall') ? '{version}:predict' : '{name}:predict',
    )
    .replace(/:(\w+)(?:\{[^}]*\})?/g, (part, name: string) =>
      part === ':predict' ? part : `{${name}}`,
    );
}

/** @param models those that may be asked, of which some show what to ask them */
function describeOperation(
  operation: Operation,
  path: string,
  models: readonly Model[],
): JsonSchema {
  const { example, headers = {} } = operation;
  const shown = example ? models.filter(({ card }) => card?.examples?.length) : [];
  // The examples of names and those of bodies have the same keys and order: what belongs together is asked together.
  const examples = (show: (model: Model) => unknown) =>
    shown.length > 0 && {
      examples: Object.fromEntries(shown.map((model) => [model.name, { value: show(model) }])),
    };
  const parameters = [
    ...[...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
      name,
      in: 'path',
      required: true,
      schema:
        name === 'version' ? { type: 'string', pattern: '^[1-9][0-9]*$' } : { type: 'string' },
      ...examples(({ name: own, version }) => (name === 'version' ? version : own)),
    })),
    ...Object.entries(headers).map(([name, schema]) => ({ name, in: 'header', schema })),
  ];
  const statuses = new Map<number, ErrorCode[]>();
  for (const code of operation.errors) {
    const { status } = ERRORS[code];
    statuses.set(status, [...(statuses.get(status) ?? []), code]);
  }
  const failures = [...statuses].map(([status, codes]) => [
    String(status),
    {
      description: codes.join(', '),
      content: describeContent(
        { 'application/json': operation.errorBody ?? ERROR_REFERENCE },
        'output',
        !operation.errorBody && { examples: exampleErrors(codes) },
      ),
    },
  ]);
  return {
    summary: operation.summary,
    tags: [operation.tag],
    ...(parameters.length > 0 && { parameters }),
    ...(operation.token && { security: [{}, { token: [] }] }),
    ...(operation.request && {
      requestBody: {
        required: operation.requestRequired ?? true,
        content: describeContent(
          operation.request,
          'input',
          examples((model) => example?.(model, model.card?.examples?.[0])),
        ),
      },
    }),
    responses: {
      200: { description: 'as asked', content: describeContent(operation.answers, 'output') },
      ...Object.fromEntries(failures),
    },
  };
}

/** One example for each code, which a reader of the documentation chooses from; without any it would be the first code of all. */
function exampleErrors(codes: readonly ErrorCode[]): JsonSchema {
  return Object.fromEntries(
    codes.map((code) => [code, { value: { error: ERRORS[code].meaning, code } }]),
  );
}

const ERROR_REFERENCE = { $ref: '#/components/schemas/Error' };

function describeContent(
  content: Readonly<Record<string, z.ZodType | JsonSchema>>,
  io: 'input' | 'output',
  examples: JsonSchema | false = false,
): JsonSchema {
  return Object.fromEntries(
    Object.entries(content).map(([type, schema]) => [
      type,
      {
        schema: schema instanceof z.ZodType ? toJsonSchema(schema, io) : schema,
        ...(type === 'application/json' && examples),
      },
    ]),
  );
}

function toJsonSchema(schema: z.ZodType, io: 'input' | 'output'): JsonSchema {
  const { $schema: _, ...json } = z.toJSONSchema(schema, { io, unrepresentable: 'any' });
  return json;
}
