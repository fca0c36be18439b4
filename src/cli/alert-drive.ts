import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';
import { sendLoad } from './load.ts';
import { findValue } from './metric-text.ts';
import { explainToken } from './refusal.ts';
import { RequestSize } from './request-size.ts';
import type { ExampleModel } from './served-model.ts';
import { AnswerError, ask, request } from './server.ts';

/** What the sum is read from. */
export const SUM = 'prediction_time_seconds_sum';

/** Requests under way at once: with four a server never waits for the client, and few rows wait in its queue. */
const CONCURRENCY = 4;
const READ_EVERY_MS = 500;
/** What fails is tried again after so long, and no more once it has failed for so long. */
const RETRY_MS = 1000;
const PATIENCE_MS = 10_000;

/** What a token is for, where it comes from, and what it is. */
type TokenOf = [what: string, variable: 'API_TOKEN' | 'METRICS_TOKEN', has?: string | undefined];

const predictAnswer = z.object({ time_ms: z.number() });

export interface Drive {
  /** The server's address, with a slash at its end. */
  readonly url: string;
  readonly model: ExampleModel;
  readonly metricsToken?: string | undefined;
  /** Seconds that the sum has to exceed. */
  readonly threshold: number;
  /** Ends it early. */
  readonly signal: AbortSignal;
  /** Told every sum that is read, in seconds. */
  readonly onSum: (seconds: number) => void;
}

/**
 * Reads the seconds that all predictions of a model have taken so far.
 *
 * @throws AnswerError, Error that says what is wrong, and the signal's reason
 */
export async function readSum(
  drive: Pick<Drive, 'url' | 'model' | 'metricsToken' | 'signal'>,
): Promise<number> {
  const { url, model, metricsToken, signal } = drive;
  const headers = metricsToken === undefined ? {} : { Authorization: `Bearer ${metricsToken}` };
  const response = await request(new URL('metrics', url), { headers, signal }).catch((error) => {
    throw nameToken(error, '/metrics', 'METRICS_TOKEN', metricsToken);
  });
  const labels = { model: model.name, version: model.version };
  const sum = findValue(await response.text(), SUM, labels);
  if (sum !== undefined) return sum;
  throw new Error(`${url}metrics has no ${SUM} of ${model.name} v${model.version}`);
}

/**
 * Sends the examples of a model until the sum of its prediction times exceeds the threshold.
 *
 * @returns how many requests were answered
 * @throws Error that says why the threshold was not reached, and the signal's reason
 */
export async function driveSum(drive: Drive): Promise<number> {
  const fault = new AbortController();
  const driving = { ...drive, signal: AbortSignal.any([drive.signal, fault.signal]) };
  let reached = false;
  const sending = sendExamples(
    driving,
    () => reached,
    (error) => fault.abort(error),
  );
  try {
    await watchSum(driving);
    reached = true;
  } catch (error) {
    fault.abort(error);
    throw error;
  } finally {
    await sending;
  }
  return sending;
}

/** Reads the sum again and again, until it exceeds the threshold. */
async function watchSum(drive: Drive): Promise<void> {
  const { model, threshold, signal, onSum } = drive;
  const patience = new Patience();
  let last = 0;
  for (;;) {
    try {
      const sum = await readSum(drive);
      patience.succeeded();
      if (sum < last) throw new CounterResetError(model, last, sum);
      last = sum;
      onSum(sum);
      if (sum > threshold) return;
    } catch (error) {
      signal.throwIfAborted();
      if (isFinal(error) || patience.isOver()) throw error;
    }
    await pause(READ_EVERY_MS, signal);
  }
}

/** Sends requests until there are enough, or the signal; tells what cannot get better. */
async function sendExamples(
  { url, model, signal }: Drive,
  isDone: () => boolean,
  giveUp: (error: unknown) => void,
): Promise<number> {
  const { name, version, examples } = model;
  const target = new URL(`models/${encodeURIComponent(name)}/versions/${version}/predict`, url);
  const size = new RequestSize();
  const patience = new Patience();
  let answered = 0;
  await sendLoad({
    send: async (index) => {
      const { rows } = size;
      const instances = Array.from(
        { length: rows },
        (_, row) => examples[(index + row) % examples.length],
      );
      try {
        const answer = await ask(target, { instances }, signal).catch((error) => {
          throw nameToken(error, 'predictions', 'API_TOKEN');
        });
        const { time_ms } = predictAnswer.parse(answer);
        patience.succeeded();
        size.answered(rows, time_ms);
        return { rows, inferenceMs: time_ms };
      } catch (error) {
        const smaller = isFinal(error) && size.refused(rows);
        if (!smaller && (isFinal(error) || patience.isOver())) giveUp(error);
        if (!smaller) await pause(RETRY_MS, signal);
        throw error;
      }
    },
    requests: Infinity,
    concurrency: CONCURRENCY,
    seconds: Infinity,
    isDone: () => isDone() || signal.aborted,
    onSample: ({ error }) => {
      if (error === undefined) answered++;
    },
  });
  return answered;
}

/** The sum is smaller than it was: whose it is began anew. */
class CounterResetError extends Error {
  override readonly name = 'CounterResetError';

  constructor({ name, version }: ExampleModel, before: number, now: number) {
    const fell = `fell from ${before.toFixed(3)} s to ${now.toFixed(3)} s`;
    super(
      `${SUM} of ${name} v${version} ${fell}: the server was started again, or several share this address; begin again, with one that stays`,
    );
  }
}

/** The same error, and where a token is to blame, which one: two are sent, to a server that calls both the token. */
function nameToken(error: unknown, ...token: TokenOf): unknown {
  if (!(error instanceof AnswerError) || ![401, 403].includes(error.status)) return error;
  return new AnswerError(error.status, error.code, explainToken(error, ...token));
}

/** Whether trying again would end the same way. */
function isFinal(error: unknown): boolean {
  if (error instanceof CounterResetError) return true;
  return error instanceof AnswerError && error.status >= 400 && error.status < 500;
}

/** How long it may go wrong: a server that restarts is waited for, one that is gone is not. */
class Patience {
  private success = performance.now();

  succeeded(): void {
    this.success = performance.now();
  }

  isOver(): boolean {
    return performance.now() - this.success > PATIENCE_MS;
  }
}

/** Waits so long, or until the signal. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return sleep(ms, undefined, { signal }).catch(() => {});
}
