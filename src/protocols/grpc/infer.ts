import type { Clock } from '../../clock.ts';
import { AppError } from '../../errors.ts';
import { after } from '../../http/deadline.ts';
import type { PredictionNote } from '../../http/observe.ts';
import { sampledTraceId, type Trace } from '../../http/trace.ts';
import type { Model } from '../../inference/model.ts';
import type { ModelRepository } from '../../inference/repository.ts';
import type { Tensor } from '../../inference/tensor.ts';
import { aim } from '../aim.ts';
import { classify } from '../classification.ts';
import { readClassification, readTimeout, refuseSequences } from '../open-inference-parameters.ts';
import { type InferRequest, inferRequest, MOST_TENSORS } from '../open-inference-schemas.ts';
import { parseForm } from '../schema.ts';
import { requireSize, type SizeLimits } from '../size-limits.ts';
import { useInTime } from '../use-in-time.ts';
import type { ModelInferRequest, ModelInferResponse } from './messages.ts';
import { readParameters } from './parameters.ts';
import { readTensors, writeTensors } from './tensors.ts';

export interface InferParts {
  readonly models: ModelRepository;
  readonly clock: Clock;
  /** How long a request may take from its arrival to its answer, in milliseconds. */
  readonly timeoutMs: number;
  readonly size: SizeLimits;
  /** Throws an AppError for a prediction that cannot be taken now, whatever it is. */
  readonly admit?: (() => void) | undefined;
  /** Whether what is sent goes to the log. */
  readonly logPayloads: boolean;
}

/** So much of a request goes to the log, where that is switched on. */
const LOGGED_CHARACTERS = 4096;

/** Who asks, and how long for. */
export interface Asker {
  /** What the request has got to so far, for telemetry. */
  readonly note: PredictionNote;
  /** When the request arrived, in milliseconds of the clock. */
  readonly startedAt: number;
  readonly trace: Trace | undefined;
  /** When its call ends whether or not it is answered, in milliseconds since the Unix epoch. */
  readonly deadline: number;
  readonly isGone: () => boolean;
}

/** Answers one request for a prediction. */
export type Infer = (request: ModelInferRequest, asker: Asker) => Promise<ModelInferResponse>;

/** ModelInfer, and each request of ModelStreamInfer. */
export function infer(parts: InferParts): Infer {
  const { models, clock, timeoutMs, size, admit, logPayloads } = parts;
  return async function infer(request, asker) {
    const { note } = asker;
    if (logPayloads) note.payload = JSON.stringify(request).slice(0, LOGGED_CHARACTERS);
    admit?.();
    const version = request.model_version || undefined;
    aim(models, note, request.model_name, version);
    const untilCallEnds = asker.deadline - clock.wallTime();
    const deadline = Math.min(asker.startedAt + timeoutMs, clock.now() + untilCallEnds);
    const use = models.use(request.model_name, version, () => !asker.isGone());
    const model = await useInTime(use, deadline, { now: clock.now, after });
    note.version = model.version;
    try {
      return await inferWith(model, request, asker, deadline);
    } finally {
      model.letGo();
    }
  };

  async function inferWith(
    model: Model,
    request: ModelInferRequest,
    { note, startedAt, trace, isGone }: Asker,
    deadline: number,
  ): Promise<ModelInferResponse> {
    const form = readForm(request);
    const { parameters = {}, outputs: wanted = [] } = form;
    refuseSequences(parameters);
    requireSize(form.inputs, size);
    const inputs = readTensors(request, form.inputs);
    note.rows = inputs[0]?.shape[0] ?? 1;
    const timeout = readTimeout(parameters) ?? timeoutMs;
    const { outputs, seconds, queueSeconds } = await model.infer({
      inputs,
      ...(wanted.length > 0 && { outputs: wanted.map(({ name }) => name) }),
      traceId: sampledTraceId(trace),
      deadline: Math.min(deadline, startedAt + timeout),
      isGone,
    });
    note.queueSeconds = queueSeconds;
    note.inferenceSeconds = seconds;
    return {
      model_name: model.name,
      model_version: model.version,
      id: request.id,
      ...writeTensors(classifyAsked(outputs, wanted, model), request.raw_input_contents.length > 0),
    };
  }
}

/** The request as it would stand in JSON, without the values of its inputs. */
function readForm({ id, parameters, inputs, outputs }: ModelInferRequest): InferRequest {
  // Ahead of making anything of them: a message may hold millions.
  if (inputs.length > MOST_TENSORS || outputs.length > MOST_TENSORS) {
    const message = `expected at most ${MOST_TENSORS} inputs and outputs`;
    throw new AppError('bad_request', message);
  }
  return parseForm(inferRequest, {
    id,
    parameters: readParameters(parameters),
    inputs: inputs.map(({ name, datatype, shape, parameters }) => ({
      name,
      datatype,
      shape: shape.map(Number),
      parameters: readParameters(parameters),
    })),
    outputs: outputs.map(({ name, parameters }) => ({
      name,
      parameters: readParameters(parameters),
    })),
  });
}

/** @param wanted the outputs that were asked for, in the order of the tensors; none for every output */
function classifyAsked(
  tensors: readonly Tensor[],
  wanted: NonNullable<InferRequest['outputs']>,
  model: Model,
): Tensor[] {
  return tensors.map((tensor, i) => {
    const count = readClassification(wanted[i]?.parameters ?? {});
    return count === undefined ? tensor : classify(tensor, count, model);
  });
}
