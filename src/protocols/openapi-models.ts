import type { Model } from '../inference/model.ts';
import type { Datatype } from '../inference/tensor.ts';
import type { TensorSpec } from '../inference/types.ts';
import type { JsonSchema } from './openapi.ts';

/** What POST /models/<name>/predict takes and answers for one model, from its card and its graph. */
export function predictionSchemas(model: Model): { request: JsonSchema; response: JsonSchema } {
  const row = describeRow(model);
  const examples = model.card?.examples;
  const wrapped = {
    type: 'object',
    properties: { instances: { type: 'array', minItems: 1, items: row } },
    required: ['instances'],
    additionalProperties: false,
    ...(examples && { examples: [{ instances: examples.slice(0, 1) }] }),
  };
  const response = {
    type: 'object',
    properties: {
      model: { const: model.name },
      version: { type: 'string' },
      predictions: { type: 'array', items: describePrediction(model) },
      outputs: { type: 'object' },
      time_ms: { type: 'number' },
    },
    required: ['model', 'version', 'predictions', 'time_ms'],
  };
  return { request: { anyOf: [wrapped, row] }, response };
}

function describeRow({ card, inputs }: Model): JsonSchema {
  const [first] = inputs;
  if (card?.features && first) {
    const value = describeValue(first.datatype);
    const properties = card.features.map(({ name, unit, range }) => {
      const about = [unit, range && `${range[0]} to ${range[1]} in training`].filter(Boolean);
      return [name, { ...value, ...(about.length > 0 && { description: about.join(', ') }) }];
    });
    const size = card.features.length;
    return {
      anyOf: [
        { type: 'array', items: value, minItems: size, maxItems: size },
        {
          type: 'object',
          properties: Object.fromEntries(properties),
          required: card.features.map(({ name }) => name),
          additionalProperties: false,
        },
      ],
    };
  }
  const named = {
    type: 'object',
    properties: Object.fromEntries(inputs.map((input) => [input.name, describeInput(input)])),
    required: inputs.map(({ name }) => name),
    additionalProperties: false,
  };
  return first && inputs.length === 1 ? { anyOf: [describeInput(first), named] } : named;
}

/** One row of an input: nested as its shape is without the first dimension. */
function describeInput({ datatype, shape }: TensorSpec): JsonSchema {
  return shape.slice(1).reduceRight<JsonSchema>(
    (items, size) => ({
      type: 'array',
      items,
      ...(size >= 0 && { minItems: size, maxItems: size }),
    }),
    describeValue(datatype),
  );
}

function describeValue(datatype: Datatype): JsonSchema {
  if (datatype === 'BYTES') return { type: 'string' };
  if (datatype === 'BOOL') return { type: 'boolean' };
  if (datatype.startsWith('FP')) return { type: 'number' };
  return datatype.endsWith('64') ? { type: ['integer', 'string'] } : { type: 'integer' };
}

function describePrediction({ card }: Model): JsonSchema {
  if (card?.task === 'classification') {
    const share = { type: ['number', 'null'] };
    return {
      type: 'object',
      properties: {
        label: { type: 'string' },
        probabilities: {
          type: 'object',
          properties: Object.fromEntries(card.labels.map((label) => [label, share])),
          additionalProperties: false,
        },
      },
      required: ['label'],
    };
  }
  return { type: 'object', ...(card && { required: ['value'] }) };
}
