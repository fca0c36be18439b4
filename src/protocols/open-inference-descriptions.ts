import type * as z from 'zod';
import type { Model } from '../inference/model.ts';
import type { ModelRepository } from '../inference/repository.ts';
import { isServing } from '../inference/shelf.ts';
import type { Datatype } from '../inference/tensor.ts';
import type { TensorSpec } from '../inference/types.ts';
import type { modelConfig, modelMetadata, repositoryIndex } from './open-inference-schemas.ts';

/** What the Open Inference Protocol tells of models, over HTTP and gRPC alike. */

/** What Triton calls ONNX models that ONNX Runtime runs. */
const PLATFORM = 'onnxruntime_onnx';

export function describeModel(
  models: ModelRepository,
  { name, inputs, outputs }: Model,
): z.infer<typeof modelMetadata> {
  const ready = models.entries().filter((entry) => entry.name === name && isServing(entry));
  return {
    name,
    versions: ready.map(({ version }) => version),
    platform: PLATFORM,
    inputs: inputs.map(describeTensor),
    outputs: outputs.map(describeTensor),
  };
}

/** @param maxBatchRows rows that requests may share a run with */
export function describeConfig(
  { name, inputs, outputs, sharesRuns }: Model,
  maxBatchRows: number,
): z.infer<typeof modelConfig> {
  // In a model that shares runs the first dimension is the batch, which a configuration leaves out.
  const describe = ({ name, datatype, shape }: TensorSpec) => ({
    name,
    data_type: `TYPE_${datatype === 'BYTES' ? 'STRING' : datatype}`,
    dims: sharesRuns ? shape.slice(1) : [...shape],
  });
  return {
    name,
    platform: PLATFORM,
    backend: 'onnxruntime',
    max_batch_size: sharesRuns ? maxBatchRows : 0,
    input: inputs.map(describe),
    output: outputs.map(describe),
  };
}

/** @param ready whether only models that are ready are wanted */
export function describeRepository(
  models: ModelRepository,
  ready: boolean | undefined,
): z.infer<typeof repositoryIndex> {
  const entries = models.entries().filter(({ state }) => !ready || state === 'READY');
  return entries.map((entry) => ({
    name: entry.name,
    version: entry.version,
    state: entry.state,
    reason: entry.reason ?? '',
  }));
}

function describeTensor({ name, datatype, shape }: TensorSpec): {
  name: string;
  datatype: Datatype;
  shape: number[];
} {
  return { name, datatype, shape: [...shape] };
}
