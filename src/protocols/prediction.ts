import type { Context, Handler } from 'hono';
import { AppError } from '../errors.ts';
import { type BodyReader, parseJson, readBytes, requireJson } from '../http/body.ts';
import type { PredictionNote, RequestVariables } from '../http/observe.ts';
import type { Model } from '../inference/model.ts';
import type { ModelRepository } from '../inference/repository.ts';
import type { Tensor } from '../inference/tensor.ts';
import type { InferenceResponse } from '../inference/types.ts';

/** What every protocol over HTTP asks models with. */
export interface PredictionServices {
  readonly models: ModelRepository;
  /** The model that is asked where a request names none; without one it has to. */
  readonly defaultModel: () => string | undefined;
  /** @throws AppError unauthorized or forbidden; absent where everybody may ask */
  readonly authorize?: ((c: Context) => Promise<void>) | undefined;
  readonly readBody: BodyReader;
  readonly maxBodyBytes: number;
  /** How long a request may wait for its run, in milliseconds from its arrival. */
  readonly timeoutMs: number;
  readonly isClientGone: (c: Context) => boolean;
  /** Lets what else has arrived have its turn. */
  readonly pause: () => Promise<void>;
}

/** A body from this size on is worked on in pieces, with a pause between them. */
const LARGE_BODY_BYTES = 128 * 1024;

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
  const { authorize } = services;
  return async function answerPrediction(c: PredictionContext) {
    // Ahead of everything else: who may not ask has asked for no prediction.
    if (authorize) await authorize(c);
    const prediction = new Prediction(c, services, protocol);
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
  private bodyBytes = 0;
  private asked: { readonly name: string; readonly version: string | undefined } | undefined;
  private model: Model | undefined;

  constructor(c: PredictionContext, services: PredictionServices, protocol: string) {
    this.c = c;
    this.services = services;
    this.note = { protocol };
    c.set('prediction', this.note);
  }

  /**
   * Says which model to ask: of that name and version, or else the default and the version that is served. What is
   * wrong with that is known before the body is read.
   *
   * @throws AppError bad_request, model_not_found, version_not_found or not_ready
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
    const entry = models.entry(wanted, version);
    this.note.model = entry.name;
    this.note.version = entry.version;
    models.requireAskable(wanted, version);
    this.asked = { name: wanted, version };
  }

  /**
   * The model that was aimed at. It stays as it is until the end, whatever takes its place meanwhile: so it is asked
   * for once the body is there, and no slow client keeps it.
   *
   * @throws AppError model_not_found, version_not_found, not_ready or cancelled
   */
  async useModel(): Promise<Model> {
    if (!this.asked) throw new Error('no model has been aimed at');
    const { name, version } = this.asked;
    const { models, isClientGone } = this.services;
    const model = await models.use(name, version, () => !isClientGone(this.c));
    this.model = model;
    this.note.version = model.version;
    return model;
  }

  /** The bytes of the body, decompressed. */
  async readBytes(): Promise<Uint8Array> {
    const bytes = await readBytes(this.c, this.services);
    this.bodyBytes = bytes.byteLength;
    return bytes;
  }

  /** The body as JSON, whose parsing cannot be interrupted: others have their turn after it. */
  async readJson(): Promise<unknown> {
    requireJson(this.c);
    const json = parseJson(await this.readBytes());
    await this.pause();
    return json;
  }

  /** @throws AppError as Model.infer does */
  async infer(model: Model, { timeoutMs, ...question }: Question): Promise<InferenceResponse> {
    const { c, note, services } = this;
    note.rows = question.inputs[0]?.shape[0] ?? 1;
    const allowed = Math.min(services.timeoutMs, timeoutMs ?? services.timeoutMs);
    await this.pause();
    const response = await model.infer({
      ...question,
      traceId: c.get('traceId'),
      deadline: c.get('startedAt') + allowed,
      isGone: () => services.isClientGone(c),
    });
    note.inferenceSeconds = response.seconds;
    await this.pause();
    return response;
  }

  end(): void {
    this.model?.letGo();
    this.model = undefined;
  }

  /** Between two pieces of work on a large request. */
  private pause(): Promise<void> | undefined {
    return this.bodyBytes < LARGE_BODY_BYTES ? undefined : this.services.pause();
  }
}
