import type { Context, Handler } from 'hono';
import { AppError } from '../errors.ts';
import { type BodyOptions, parseJson, readBytes, requireJson } from '../http/body.ts';
import type { After } from '../http/deadline.ts';
import type { PredictionNote, RequestVariables } from '../http/observe.ts';
import type { PendingBytes } from '../http/pending-bytes.ts';
import { sampledTraceId } from '../http/trace.ts';
import type { Model } from '../inference/model.ts';
import type { ModelRepository } from '../inference/repository.ts';
import type { Tensor } from '../inference/tensor.ts';
import type { InferenceResponse } from '../inference/types.ts';
import { aim } from './aim.ts';
import { requireRows, requireSize, type SizeLimits } from './size-limits.ts';
import { useInTime } from './use-in-time.ts';

/** What every protocol over HTTP asks models with. */
export interface PredictionServices extends BodyOptions {
  readonly models: ModelRepository;
  /** The model that is asked where a request names none; without one it has to. */
  readonly defaultModel: () => string | undefined;
  /** @throws AppError unauthorized or forbidden; absent where everybody may ask */
  readonly authorize?: ((c: Context) => Promise<void>) | undefined;
  /** @throws AppError for whoever cannot be served now, whatever is asked; absent where everybody can */
  readonly admit?: ((c: Context) => void | Promise<void>) | undefined;
  /** What bodies hold of memory, all together. */
  readonly pendingBytes: PendingBytes;
  readonly size: SizeLimits;
  /** How long a request may take from its arrival to its answer, in milliseconds. */
  readonly timeoutMs: number;
  /** Milliseconds of the clock that requests arrive by. */
  readonly now: () => number;
  readonly after: After;
  readonly isClientGone: (c: Context) => boolean;
  /** Lets what else has arrived have its turn. */
  readonly pause: () => Promise<void>;
  /** Whether what is sent goes to the log. */
  readonly logPayloads: boolean;
}

/** A body from this size on is worked on in pieces, with a pause between them. */
const LARGE_BODY_BYTES = 128 * 1024;

/** So much of a body goes to the log, where that is switched on. */
const LOGGED_BYTES = 4096;
const lenientUtf8 = new TextDecoder();

export type PredictionContext = Context<{ Variables: RequestVariables }>;

/** What a protocol asks of a model. */
export interface Question {
  /** One tensor per input, in any order. */
  readonly inputs: readonly Tensor[];
  /** Names of the outputs wanted; every output when absent. */
  readonly outputs?: readonly string[];
  /** How long it may wait, in milliseconds, if that is less than the server allows. */
  readonly timeoutMs?: number | undefined;
}

/**
 * Answers requests for a prediction.
 *
 * @param protocol its name in metrics
 */
export function answerPredictions(
  services: PredictionServices,
  protocol: string,
  answer: (prediction: Prediction, c: PredictionContext) => Promise<Response>,
): Handler<{ Variables: RequestVariables }> {
  const { authorize, admit } = services;
  return async function answerPrediction(c: PredictionContext) {
    // Ahead of everything else: who may not ask has asked for no prediction.
    if (authorize) await authorize(c);
    const prediction = new Prediction(c, services, protocol);
    const admitted = admit?.(c);
    if (admitted) await admitted;
    try {
      return await answer(prediction, c);
    } finally {
      prediction.end();
    }
  };
}

/** A request for a prediction on its way: what it has got to so far is noted for telemetry. */
export class Prediction {
  private readonly c: PredictionContext;
  private readonly services: PredictionServices;
  private readonly note: PredictionNote;
  /** When it has to be answered, in milliseconds of the clock. */
  private deadline: number;
  private bodyBytes = 0;
  /** What it holds of the memory that bodies may take. */
  private heldBytes = 0;
  private asked: { readonly name: string; readonly version: string | undefined } | undefined;
  private model: Model | undefined;

  constructor(c: PredictionContext, services: PredictionServices, protocol: string) {
    this.c = c;
    this.services = services;
    this.note = { protocol };
    this.deadline = c.get('startedAt') + services.timeoutMs;
    c.set('prediction', this.note);
  }

  /**
   * Says which model to ask: of that name and version, or else the default and the version that is served. What is
   * wrong with that is known before the body is read.
   *
   * @throws AppError bad_request, model_not_found, version_not_found, not_ready, or overloaded when so much waits for
   *   it that nothing more can
   */
  aim(name?: string, version?: string): void {
    const { models, defaultModel } = this.services;
    const wanted = name ?? defaultModel();
    if (wanted === undefined) {
      const known = models.names().join(', ');
      throw new AppError(
        'bad_request',
        `there is no default model; POST to /models/<name>/predict, with one of ${known}`,
      );
    }
    aim(models, this.note, wanted, version);
    this.asked = { name: wanted, version };
  }

  /**
   * The model that was aimed at. It stays as it is until the end, whatever takes its place meanwhile: so it is asked
   * for once the body is there, and no slow client keeps it.
   *
   * @throws AppError model_not_found, version_not_found, not_ready, timeout or cancelled
   */
  async useModel(): Promise<Model> {
    if (!this.asked) throw new Error('no model has been aimed at');
    const { name, version } = this.asked;
    const { models, isClientGone } = this.services;
    const use = models.use(name, version, () => !isClientGone(this.c));
    const model = await useInTime(use, this.deadline, this.services);
    this.model = model;
    this.note.version = model.version;
    return model;
  }

  /** The bytes of the body, decompressed. */
  async readBytes(): Promise<Uint8Array> {
    const { pendingBytes, logPayloads } = this.services;
    const bytes = await readBytes(this.c, this.services, (count) => {
      pendingBytes.take(count);
      this.heldBytes += count;
    });
    this.bodyBytes = bytes.byteLength;
    if (logPayloads) this.note.payload = lenientUtf8.decode(bytes.subarray(0, LOGGED_BYTES));
    return bytes;
  }

  /** The body as JSON, whose parsing cannot be interrupted: others have their turn after it. */
  async readJson(): Promise<unknown> {
    requireJson(this.c);
    const json = this.parseJson(await this.readBytes());
    await this.pause();
    return json;
  }

  /** @throws AppError bad_json or too_deep */
  parseJson(bytes: Uint8Array): unknown {
    return parseJson(bytes, this.services.maxJsonDepth);
  }

  /** Rows that a request may hold. */
  get maxRows(): number {
    return this.services.size.maxRows;
  }

  /** @throws AppError too_many_rows, and as the model's reader of rows does */
  readRows(model: Model, rows: readonly unknown[]): Tensor[] {
    requireRows(rows.length, this.services.size);
    return model.readRows(rows);
  }

  /** @throws AppError too_many_rows or too_many_values */
  requireSize(tensors: Parameters<typeof requireSize>[0]): void {
    requireSize(tensors, this.services.size);
  }

  /** @throws AppError as Model.infer does */
  async infer(model: Model, { timeoutMs, ...question }: Question): Promise<InferenceResponse> {
    const { c, note, services } = this;
    note.rows = question.inputs[0]?.shape[0] ?? 1;
    this.requireSize(question.inputs);
    if (timeoutMs !== undefined) {
      this.deadline = Math.min(this.deadline, c.get('startedAt') + timeoutMs);
    }
    await this.pause();
    const response = await model.infer({
      ...question,
      traceId: sampledTraceId(c.get('trace')),
      deadline: this.deadline,
      isGone: () => services.isClientGone(c),
    });
    note.queueSeconds = response.queueSeconds;
    note.inferenceSeconds = response.seconds;
    await this.pause();
    return response;
  }

  end(): void {
    this.model?.letGo();
    this.model = undefined;
    this.services.pendingBytes.give(this.heldBytes);
    this.heldBytes = 0;
  }

  /** Between two pieces of work on a large request. */
  private pause(): Promise<void> | undefined {
    return this.bodyBytes < LARGE_BODY_BYTES ? undefined : this.services.pause();
  }
}
