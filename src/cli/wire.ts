import * as z from 'zod';
import { count } from '../quantities.ts';
import type { Answer } from './load.ts';
import { shortPrediction } from './prediction-line.ts';
import type { ServedModel } from './served-model.ts';
import {
  AnswerError,
  authorization,
  parseAnswer,
  parseJson,
  readBytes,
  request,
} from './server.ts';

/** The protocols that rows can be sent over. */
export const PROTOCOLS = ['predict', 'v2', 'v2-binary', 'v1', 'invocations'] as const;
export type Protocol = (typeof PROTOCOLS)[number];

/** How rows go to a server and what comes back, in a protocol's own form. */
export interface Wire {
  readonly url: URL;
  encode(rows: readonly unknown[]): {
    readonly headers: Readonly<Record<string, string>>;
    readonly body: string | Uint8Array<ArrayBuffer>;
  };
  /**
   * Holds an answer to its form.
   *
   * @param rows how many were sent
   * @returns what was predicted for how many of them
   * @throws AnswerError bad_answer
   */
  decode(bytes: Uint8Array, headers: Headers, rows: number): Answer;
}

/** No request can be put together of so many rows. */
export class OversizeError extends Error {
  override readonly name = 'OversizeError';
  readonly code = 'request_too_large';

  constructor(rows: number, cause: unknown) {
    super(`a request of ${count(rows, 'row')} is too large to be put together`, { cause });
  }
}

/**
 * Sends rows and checks that each has its prediction.
 *
 * @throws AnswerError, bad_answer among them; ConnectionError; OversizeError; and the signal's reason
 */
export async function sendRows(
  wire: Wire,
  rows: readonly unknown[],
  signal: AbortSignal,
): Promise<Answer> {
  const { url, decode } = wire;
  const { headers, body } = encodeRows(wire, rows);
  const all = { ...headers, ...authorization() };
  const response = await request(url, { method: 'POST', headers: all, body, signal });
  const bytes = await readBytes(response, url, signal);
  const answer = decode(bytes, response.headers, rows.length);
  if (answer.rows === rows.length) return answer;
  const expected = count(rows.length, 'prediction');
  throw new AnswerError(200, 'bad_answer', `bad_answer: expected ${expected}, got ${answer.rows}`);
}

/** A text or a buffer has an end, which is a matter of the engine and of how long the rows are. */
function encodeRows({ encode }: Wire, rows: readonly unknown[]): ReturnType<Wire['encode']> {
  try {
    return encode(rows);
  } catch (error) {
    if (error instanceof RangeError) throw new OversizeError(rows.length, error);
    throw error;
  }
}

const JSON_HEADERS = { 'Content-Type': 'application/json' };
const predictions = z.array(z.unknown());
const predictAnswer = z.object({ predictions, time_ms: z.number() });
const otherAnswer = z.object({ predictions });

/** POST /models/:name/predict, which tells the time of the run. */
export function predictWire(url: string, { name }: ServedModel): Wire {
  return {
    url: new URL(`models/${encodeURIComponent(name)}/predict`, url),
    encode: (instances) => ({ headers: JSON_HEADERS, body: JSON.stringify({ instances }) }),
    decode: (bytes) => {
      const answer = parseAnswer(predictAnswer, parseJson(bytes));
      return { ...toAnswer(answer.predictions), inferenceMs: answer.time_ms };
    },
  };
}

/** KServe's first protocol, and TensorFlow Serving's. */
export function v1Wire(url: string, { name }: ServedModel): Wire {
  return {
    url: new URL(`v1/models/${encodeURIComponent(name)}:predict`, url),
    encode: (instances) => ({ headers: JSON_HEADERS, body: JSON.stringify({ instances }) }),
    decode: decodePredictions,
  };
}

/** MLflow's scoring server, which has no place for a model's name. */
export function invocationsWire(url: string, model: ServedModel): Wire {
  return {
    url: new URL('invocations', url),
    encode: (rows) => ({ headers: JSON_HEADERS, body: JSON.stringify(writeTable(rows, model)) }),
    decode: decodePredictions,
  };
}

/** Rows as MLflow has them: records, or a table below the names of its columns, where the model has names for them. */
function writeTable(rows: readonly unknown[], { features }: ServedModel): unknown {
  if (rows.every((row) => typeof row === 'object' && row !== null && !Array.isArray(row))) {
    return { dataframe_records: rows };
  }
  if (features && rows.every((row) => Array.isArray(row))) {
    return { dataframe_split: { columns: features, data: rows } };
  }
  return { instances: rows };
}

function decodePredictions(bytes: Uint8Array): Answer {
  return toAnswer(parseAnswer(otherAnswer, parseJson(bytes)).predictions);
}

function toAnswer(predictions: readonly unknown[]): Answer {
  return { rows: predictions.length, prediction: () => shortPrediction(predictions[0]) };
}
