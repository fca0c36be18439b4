import type { Clock } from '../../clock.ts';
import type { PredictionNote } from '../../http/observe.ts';
import type { Model } from '../../inference/model.ts';
import type { ModelRepository } from '../../inference/repository.ts';
import type { Tensor } from '../../inference/tensor.ts';
import { classify } from '../classification.ts';
import { readClassification, readTimeout, refuseSequences } from '../open-inference-parameters.ts';
import { type InferRequest, inferRequest } from '../open-inference-schemas.ts';
import { parseForm } from '../schema.ts';
import type { ModelInferRequest, ModelInferResponse } from './messages.ts';
import { readParameters } from './parameters.ts';
import { readTensors, writeTensors } from './tensors.ts';

export interface InferParts {
  readonly models: ModelRepository;
  readonly clock: Clock;
  /** How long a request may wait for its run, in milliseconds from its arrival. */
  readonly timeoutMs: number;
}

/** Who asks, and how long for. */
export interface Asker {
  /** What the request has got to so far, for telemetry. */
  readonly note: PredictionNote;
  /** When the request arrived, in milliseconds of the clock. */
  readonly startedAt: number;
  readonly traceId: string | undefined;
  /** When its call ends whether or not it is answered, in milliseconds since the Unix epoch. */
  readonly deadline: number;
  readonly isGone: () => boolean;
}

/** Answers one request for a prediction. */
export type Infer = (request: ModelInferRequest, asker: Asker) => Promise<ModelInferResponse>;

/** ModelInfer, and each request of ModelStreamInfer. */
export function infer({ models, clock, timeoutMs }: InferParts): Infer {
  return async function infer(request, asker) {
    const model = await models.use(request.model_name, request.model_version || undefined);
    try {
      return await inferWith(model, request, asker);
    } finally {
      model.letGo();
    }
  };

  async function inferWith(
    model: Model,
    request: ModelInferRequest,
    { note, startedAt, traceId, deadline, isGone }: Asker,
  ): Promise<ModelInferResponse> {
    note.model = model.name;
    note.version = model.version;
    const form = readForm(request);
    const { parameters = {}, outputs: wanted = [] } = form;
    refuseSequences(parameters);
    const inputs = readTensors(request, form.inputs);
    note.rows = inputs[0]?.shape[0] ?? 1;
    const allowed = Math.min(timeoutMs, readTimeout(parameters) ?? timeoutMs);
    const untilDeadline = deadline - clock.wallTime();
    const { outputs, seconds } = await model.infer({
      inputs,
      ...(wanted.length > 0 && { outputs: wanted.map(({ name }) => name) }),
      traceId,
      deadline: Math.min(startedAt + allowed, clock.now() + untilDeadline),
      isGone,
    });
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
