import * as z from 'zod';
import { DATATYPES, type Datatype } from '../inference/tensor.ts';
import { anyObject, listOf } from './schema.ts';

/** The forms of the Open Inference Protocol, version 2: what handlers hold bodies to and /openapi.json shows. */

export const datatype = z.enum(Object.keys(DATATYPES) as [Datatype, ...Datatype[]]);
/** More than any model has: what is beyond is not even looked at. */
export const MOST_TENSORS = 1024;
const MOST_PARAMETERS = 256;
const parameters = anyObject
  .refine(
    (given) => Object.keys(given).length <= MOST_PARAMETERS,
    `expected at most ${MOST_PARAMETERS} parameters`,
  )
  .pipe(z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])));
const size = z.int().nonnegative();

/** An array whose values are checked one by one where they go into a tensor, and not before. */
const values = z
  .custom<unknown[]>(Array.isArray, 'expected an array of values')
  .meta({ type: 'array', description: 'row-major, flat or nested' });

export const inferRequest = z.object({
  id: z.string().optional(),
  parameters: parameters.optional(),
  inputs: listOf(
    z.object({
      name: z.string(),
      // More dimensions than any model has, and few enough to walk through.
      shape: listOf(size, { max: 64 }),
      datatype,
      parameters: parameters.optional(),
      data: values.optional(),
    }),
    { min: 1, max: MOST_TENSORS },
  ),
  outputs: listOf(z.object({ name: z.string(), parameters: parameters.optional() }), {
    max: MOST_TENSORS,
  }).optional(),
});

export type InferRequest = z.infer<typeof inferRequest>;
export type Parameters = z.infer<typeof parameters>;

export const inferResponse = z.object({
  model_name: z.string(),
  model_version: z.string(),
  id: z.string().optional(),
  outputs: z.array(
    z.object({
      name: z.string(),
      datatype,
      shape: z.array(size),
      parameters: parameters.optional(),
      data: z.array(z.union([z.number(), z.string(), z.boolean(), z.null()])).optional(),
    }),
  ),
});

export type InferResponse = z.infer<typeof inferResponse>;

const tensor = z.object({ name: z.string(), datatype, shape: z.array(z.int().min(-1)) });

export const serverMetadata = z.object({
  name: z.string(),
  version: z.string(),
  extensions: z.array(z.string()),
});

export const modelMetadata = z.object({
  name: z.string(),
  versions: z.array(z.string()),
  platform: z.string(),
  inputs: z.array(tensor),
  outputs: z.array(tensor),
});

export const live = z.object({ live: z.literal(true) });
export const serverReady = z.object({ ready: z.literal(true) });
export const modelReady = z.object({ name: z.string(), ready: z.literal(true) });
export const modelList = z.object({ models: z.array(z.string()) });

const configTensor = z.object({
  name: z.string(),
  data_type: z.string(),
  dims: z.array(z.int().min(-1)),
});

export const modelConfig = z.object({
  name: z.string(),
  platform: z.string(),
  backend: z.string(),
  max_batch_size: size,
  input: z.array(configTensor),
  output: z.array(configTensor),
});

export const indexRequest = z.object({ ready: z.boolean().optional() });

/** What a model is loaded or unloaded with. Triton's clients send parameters that concern its own repositories. */
export const loadRequest = z.object({
  parameters: z.record(z.string(), z.unknown()).optional(),
});
export const loadAnswer = z.object({ name: z.string(), load: z.literal(true) });
export const unloadAnswer = z.object({ name: z.string(), unload: z.literal(true) });

export const repositoryIndex = z.array(
  z.object({
    name: z.string(),
    version: z.string(),
    state: z.enum(['UNKNOWN', 'READY', 'UNAVAILABLE', 'LOADING', 'UNLOADING']),
    reason: z.string(),
  }),
);

const statistic = z.object({ count: size, ns: size });

export const statistics = z.object({
  model_stats: z.array(
    z.object({
      name: z.string(),
      version: z.string(),
      last_inference: size,
      inference_count: size,
      execution_count: size,
      inference_stats: z.object({
        success: statistic,
        fail: statistic,
        queue: statistic,
        compute_input: statistic,
        compute_infer: statistic,
        compute_output: statistic,
      }),
      batch_stats: z.array(z.unknown()),
    }),
  ),
});

export type Statistics = z.infer<typeof statistics>;
