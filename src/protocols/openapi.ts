import type { Handler } from 'hono';
import * as z from 'zod';
import { ERRORS, type ErrorCode } from '../errors.ts';
import { answerJson } from '../http/answer.ts';
import type { ModelRepository } from '../inference/repository.ts';
import { predictionSchemas } from './openapi-models.ts';
import { OPERATIONS, type Operation } from './openapi-operations.ts';

/** A JSON Schema, as OpenAPI 3.1 takes it. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** What this writes of OpenAPI 3.1: https://spec.openapis.org/oas/v3.1.1.html */
export interface OpenApiDocument {
  readonly openapi: '3.1.0';
  readonly info: { readonly title: string; readonly version: string; readonly description: string };
  readonly paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly components: unknown;
}

const errorAnswer = z.object({
  error: z.string(),
  code: z.enum(Object.keys(ERRORS) as [ErrorCode, ...ErrorCode[]]),
});

/** GET /openapi.json: every operation, from the schemas that the handlers hold bodies to, and the models' cards. */
export function openApi(models: ModelRepository, version: string): Handler {
  return (c) => answerJson(c, describeApi(models, version));
}

export function describeApi(models: ModelRepository, version: string): OpenApiDocument {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const [route, operation] of Object.entries(OPERATIONS)) {
    const [method = '', pattern = ''] = route.split(' ');
    const path = toTemplate(pattern);
    paths[path] = { ...paths[path], [method.toLowerCase()]: describeOperation(operation, path) };
  }
  // A path that is written out stands before its template, and knows what its model takes.
  const predict = OPERATIONS['POST /models/:name/predict'];
  for (const entry of models.entries()) {
    const path = `/models/${entry.name}/predict`;
    if (entry.state !== 'READY' || paths[path] || !predict) continue;
    const { request, response } = predictionSchemas(entry.model);
    const own = {
      ...predict,
      summary: entry.model.card?.description ?? `Predict with ${entry.name}`,
      request: { 'application/json': request },
      answers: { 'application/json': response },
    };
    paths[path] = { post: describeOperation(own, path) };
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
    .replace(/:(\w+)/g, (part, name: string) => (part === ':predict' ? part : `{${name}}`));
}

function describeOperation(operation: Operation, path: string): JsonSchema {
  const parameters = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: name === 'version' ? { type: 'string', pattern: '^[1-9][0-9]*$' } : { type: 'string' },
  }));
  const statuses = new Map<number, ErrorCode[]>();
  for (const code of operation.errors) {
    const { status } = ERRORS[code];
    statuses.set(status, [...(statuses.get(status) ?? []), code]);
  }
  const failures = [...statuses].map(([status, codes]) => [
    String(status),
    {
      description: codes.join(', '),
      content: { 'application/json': { schema: operation.errorBody ?? ERROR_REFERENCE } },
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
        content: describeContent(operation.request, 'input'),
      },
    }),
    responses: {
      200: { description: 'as asked', content: describeContent(operation.answers, 'output') },
      ...Object.fromEntries(failures),
    },
  };
}

const ERROR_REFERENCE = { $ref: '#/components/schemas/Error' };

function describeContent(
  content: Readonly<Record<string, z.ZodType | JsonSchema>>,
  io: 'input' | 'output',
): JsonSchema {
  return Object.fromEntries(
    Object.entries(content).map(([type, schema]) => [
      type,
      { schema: schema instanceof z.ZodType ? toJsonSchema(schema, io) : schema },
    ]),
  );
}

function toJsonSchema(schema: z.ZodType, io: 'input' | 'output'): JsonSchema {
  const { $schema: _, ...json } = z.toJSONSchema(schema, { io, unrepresentable: 'any' });
  return json;
}
