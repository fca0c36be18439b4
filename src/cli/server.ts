import * as z from 'zod';

/** A model as its server describes it, with rows that it takes. */
export interface ExampleModel {
  readonly name: string;
  readonly version: string;
  readonly examples: readonly unknown[];
}

const modelAnswer = z.object({
  name: z.string(),
  version: z.string(),
  card: z.object({ examples: z.array(z.unknown()).min(1).optional() }).nullable(),
});
const errorAnswer = z.object({ error: z.string(), code: z.string() });

/** The server has answered, and not with what was asked for. */
export class AnswerError extends Error {
  override readonly name = 'AnswerError';
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/**
 * Sends a request to a running server.
 *
 * @returns an answer that is 2xx
 * @throws AnswerError with the server's code and message, Error that says in one line what to do when nobody
 *   answers, and the signal's reason
 */
export async function request(url: URL, init?: RequestInit): Promise<Response> {
  const response = await fetch(url, init).catch((error: unknown) => {
    init?.signal?.throwIfAborted();
    throw new Error(`no server at ${url.origin}: is \`npm start\` running?`, { cause: error });
  });
  if (response.ok) return response;
  const known = errorAnswer.safeParse(await response.json().catch(() => undefined));
  throw new AnswerError(
    response.status,
    known.success ? `${known.data.code}: ${known.data.error}` : `status ${response.status}`,
  );
}

/**
 * Gets JSON, or posts some, with the API_TOKEN of the environment as the server has it, and gets the answer.
 *
 * @throws as `request` does
 */
export async function ask(url: URL, body?: unknown, signal?: AbortSignal): Promise<unknown> {
  const response = await request(url, {
    ...(signal && { signal }),
    ...(body !== undefined && {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', ...authorization() },
      body: JSON.stringify(body),
    }),
  });
  return response.json().catch(() => undefined);
}

/** What says that one may ask for predictions: API_TOKEN of the environment, of which any of several is good. */
export function authorization(): Record<string, string> {
  const [token] = process.env.API_TOKEN?.split(',') ?? [];
  return token ? { Authorization: `Bearer ${token}` } : {};
}

/**
 * Asks a server for a model and the example rows of its card.
 *
 * @param url the server's, with a slash at its end
 * @param name the server's default model when left out
 */
export async function findModel(url: string, name: string | undefined): Promise<ExampleModel> {
  const wanted = name ?? (await defaultModel(url));
  const model = modelAnswer.parse(await ask(new URL(`models/${encodeURIComponent(wanted)}`, url)));
  const examples = model.card?.examples;
  if (!examples) throw new Error(`model '${model.name}' has no examples in its card to send`);
  return { name: model.name, version: model.version, examples };
}

async function defaultModel(url: string): Promise<string> {
  const { default: name } = z
    .object({ default: z.string().nullable() })
    .parse(await ask(new URL('models', url)));
  if (name === null) throw new Error('the server has no default model: name one with --model');
  return name;
}
