import type { ModelCard } from '../../inference/model-card.ts';
import type { TensorSpec } from '../../inference/types.ts';
import { dropToken, findToken, type Scope } from './tokens.ts';

/** The server that this page came from, asked by the addresses that everybody uses. */

/** A version of a model, as GET /models lists it. */
export interface ModelState {
  readonly name: string;
  readonly version: string;
  readonly state: string;
  readonly reason?: string;
}

/** GET /models. */
export interface Models {
  readonly default: string | null;
  /** What asks for a token. */
  readonly tokens: Readonly<Record<Scope, boolean>>;
  readonly models: readonly ModelState[];
}

/** GET /models/:name. */
export interface Model {
  readonly name: string;
  readonly version: string;
  readonly sha256: string;
  readonly inputs: readonly TensorSpec[];
  readonly outputs: readonly TensorSpec[];
  readonly card: ModelCard | null;
}

/** One prediction: of a classifier, of a regressor, or every output by its name. */
export type Prediction = Readonly<Record<string, unknown>>;

/** POST /models/:name/predict. */
export interface Answer {
  readonly model: string;
  readonly version: string;
  readonly predictions: readonly Prediction[];
  readonly outputs?: Readonly<Record<string, unknown>>;
  readonly time_ms: number;
}

/** The server has answered that it will not, or has not answered: `code` is of docs/errors.md, or `unreachable`. */
export class ServerError extends Error {
  override readonly name = 'ServerError';
  readonly code: string;
  /** 0 for no answer. */
  readonly status: number;
  /** Whether a token was sent. */
  readonly hadToken: boolean;

  constructor(
    code: string,
    status: number,
    message: string,
    { hadToken = false, ...options }: ErrorOptions & { readonly hadToken?: boolean } = {},
  ) {
    super(message, options);
    this.code = code;
    this.status = status;
    this.hadToken = hadToken;
  }

  /** Whether it wants another token than it got. */
  get isAboutToken(): boolean {
    return this.code === 'unauthorized' || this.code === 'forbidden';
  }
}

/** What a look at the server may take before it counts as gone: it answers such in milliseconds. */
const LONGEST_LOOK_MS = 10_000;

async function send(
  path: string,
  scope: Scope | undefined,
  { signal = AbortSignal.timeout(LONGEST_LOOK_MS), ...init }: RequestInit = {},
) {
  const headers = new Headers(init.headers);
  const token = scope && findToken(scope);
  if (token) headers.set('Authorization', `Bearer ${token}`);
  const response = await fetch(path, { ...init, signal, headers }).catch((error: unknown) => {
    throw new ServerError('unreachable', 0, 'the server does not answer', { cause: error });
  });
  if (response.ok) return response;
  const body: unknown = await response.json().catch(() => undefined);
  const { code, error } = Object(body) as { code?: string; error?: string };
  const { status } = response;
  const fault = new ServerError(
    code ?? 'unknown',
    status,
    error ?? `the server answered ${status}`,
    { hadToken: token !== undefined },
  );
  if (scope && fault.isAboutToken) dropToken(scope);
  throw fault;
}

/** @throws ServerError */
export async function listModels(): Promise<Models> {
  return (await send('models', undefined)).json() as Promise<Models>;
}

/** @throws ServerError */
export async function describeServer(): Promise<{ readonly version: string }> {
  return (await send('v2', undefined)).json() as Promise<{ version: string }>;
}

/** @throws ServerError */
export async function describeModel(name: string): Promise<Model> {
  return (await send(`models/${encodeURIComponent(name)}`, undefined)).json() as Promise<Model>;
}

/**
 * What a server has measured, in Prometheus' text format.
 *
 * @throws ServerError
 */
export async function readMetrics(): Promise<string> {
  return (await send('metrics', 'metrics', { headers: { Accept: 'text/plain' } })).text();
}

/** The address that predicts with a model: with a version of it, or else with the one that it serves. */
export function predictPath(name: string, version: string | undefined): string {
  const path = `models/${encodeURIComponent(name)}`;
  return version === undefined
    ? `${path}/predict`
    : `${path}/versions/${encodeURIComponent(version)}/predict`;
}

/**
 * @param signal ends it; how long it may take is the server's own affair (REQUEST_TIMEOUT_MS)
 * @returns the answer, and the milliseconds from sending the rows to having it
 * @throws ServerError
 */
export async function predict(
  path: string,
  instances: readonly unknown[],
  signal: AbortSignal,
): Promise<{ answer: Answer; roundTripMs: number }> {
  const start = performance.now();
  const response = await send(path, 'predictions', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ instances }),
    signal,
  });
  const answer = (await response.json()) as Answer;
  return { answer, roundTripMs: performance.now() - start };
}
