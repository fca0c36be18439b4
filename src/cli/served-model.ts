import * as z from 'zod';
import type { TensorSpec } from '../inference/types.ts';
import { datatype } from '../protocols/open-inference-schemas.ts';
import { plain } from '../terminal/text.ts';
import { AnswerError, ask, parseAnswer } from './server.ts';

/** A model as its server describes it. */
export interface ServedModel {
  readonly name: string;
  readonly version: string;
  readonly inputs: readonly TensorSpec[];
  /** Names of the values in a row, where its card has them. */
  readonly features: readonly string[] | undefined;
  /** Rows that it takes; none where its card has none. */
  readonly examples: readonly unknown[];
}

/** A model with rows to send. */
export type ExampleModel = Pick<ServedModel, 'name' | 'version' | 'examples'>;

const modelAnswer = z.object({
  name: z.string(),
  version: z.string(),
  inputs: z.array(z.object({ name: z.string(), datatype, shape: z.array(z.number()) })),
  card: z
    .object({
      features: z.array(z.object({ name: z.string() })).optional(),
      examples: z.array(z.unknown()).optional(),
    })
    .nullable(),
});
const modelsAnswer = z.object({
  default: z.string().nullable(),
  models: z.array(z.object({ name: z.string() })),
});

/**
 * Asks a server for a model and the example rows of its card.
 *
 * @param url the server's, with a slash at its end
 * @param name the server's default model when left out
 * @throws as `request` does; where there is no such model the message names those that there are
 */
export async function findModel(
  url: string,
  name: string | undefined,
  signal?: AbortSignal,
): Promise<ServedModel> {
  const wanted = name ?? (await requireDefault(url, signal));
  const target = new URL(`models/${encodeURIComponent(wanted)}`, url);
  const answer = await ask(target, undefined, signal).catch(async (error: unknown) => {
    if (!(error instanceof AnswerError && error.code === 'model_not_found')) throw error;
    const { status, code, message } = error;
    throw new AnswerError(status, code, `${message}; ${await nameModels(url, signal)}`);
  });
  const { version, inputs, card, ...model } = parseAnswer(modelAnswer, answer);
  const features = card?.features?.map((feature) => feature.name);
  return { name: model.name, version, inputs, features, examples: card?.examples ?? [] };
}

/**
 * The same of a model that has examples.
 *
 * @throws as `findModel` does, and Error that says what to do where there are no examples
 */
export async function findExamples(url: string, name: string | undefined): Promise<ExampleModel> {
  const model = await findModel(url, name);
  if (model.examples.length > 0) return model;
  throw new Error(`model '${model.name}' has no examples in its card to send`);
}

/** The model that a server asks where a request names none. */
export async function findDefault(url: string, signal?: AbortSignal): Promise<string | null> {
  const { default: name } = await listModels(url, signal);
  return name;
}

async function requireDefault(url: string, signal: AbortSignal | undefined): Promise<string> {
  const { default: name, models } = await listModels(url, signal);
  if (name !== null) return name;
  throw new Error(`there is no default model: name one with --model; ${formatNames(models)}`);
}

async function nameModels(url: string, signal: AbortSignal | undefined): Promise<string> {
  const { models } = await listModels(url, signal);
  return formatNames(models);
}

async function listModels(url: string, signal: AbortSignal | undefined) {
  return parseAnswer(modelsAnswer, await ask(new URL('models', url), undefined, signal));
}

function formatNames(models: readonly { readonly name: string }[]): string {
  const names = [...new Set(models.map(({ name }) => name))];
  return names.length === 0
    ? 'the server has no models'
    : plain(`the server has ${names.join(', ')}`);
}
