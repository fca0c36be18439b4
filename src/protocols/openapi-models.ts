import type { Model } from '../inference/model.ts';
import type { Datatype } from '../inference/tensor.ts';
import type { TensorSpec } from '../inference/types.ts';
import type { JsonSchema } from './openapi.ts';

/** What POST /models/<name>/predict takes and answers for one model, from its card and its graph. */
export function predictionSchemas(model: Model): { request: JsonSchema; response: JsonSchema } {
  const rows = describeRows(model);
  const examples = model.card?.examples;
  const wrapped = {
    type: 'object',
    properties: { instances: { type: 'array', minItems: 1, items: { anyOf: rows } } },
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
  // A body is an array or an object, where a row may be a bare value.
  const bare = rows.filter(({ type }) => type === 'array' || type === 'object');
  return { request: { anyOf: [wrapped, ...bare] }, response };
}

/** The forms that a row may have. */
function describeRows({ card, inputs }: Model): JsonSchema[] {
  const [first] = inputs;
  if (card?.features && first) {
    const value = describeValue(first.datatype);
    const properties = card.features.map(({ name, unit, range }) => {
      const about = [unit, range && `${range[0]} to ${range[1]} in training`].filter(Boolean);
      return [name, { ...value, ...(about.length > 0 && { description: about.join(', ') }) }];
    });
    const size = card.features.length;
    return [
      ...(size === 1 ? [value] : []),
      { type: 'array', items: value, minItems: size, maxItems: size },
      {
        type: 'object',
        properties: Object.fromEntries(properties),
        required: card.features.map(({ name }) => name),
        additionalProperties: false,
      },
    ];
  }
  const named = {
    type: 'object',
    properties: Object.fromEntries(
      inputs.map((input) => [input.name, { anyOf: describeInput(input) }]),
    ),
    required: inputs.map(({ name }) => name),
    additionalProperties: false,
  };
  return first && inputs.length === 1 ? [...describeInput(first), named] : [named];
}

/** One row of an input: nested as its shape is without the first dimension, or the value alone where it is one. */
function describeInput({ datatype, shape }: TensorSpec): JsonSchema[] {
  const value = describeValue(datatype);
  const [size = 1, ...inner] = shape.slice(1);
  const nested = [size, ...inner].reduceRight<JsonSchema>(
    (items, length) => ({
      type: 'array',
      items,
      ...(length >= 0 && { minItems: length, maxItems: length }),
    }),
    value,
  );
  return inner.length === 0 && (size === 1 || size === -1) ? [value, nested] : [nested];
}

/** From where on a number is rounded to infinity; JSON has no numbers beyond FP64. */
const TOO_LARGE: Readonly<Record<string, number>> = { FP16: 65_520, FP32: 2 ** 128 - 2 ** 103 };

function describeValue(datatype: Datatype): JsonSchema {
  // ONNX Runtime takes text as C does.
  if (datatype === 'BYTES') return { type: 'string', pattern: '^[^\\u0000]*$' };
  if (datatype === 'BOOL') return { type: 'boolean' };
  if (datatype.startsWith('FP')) {
    const bound = TOO_LARGE[datatype];
    return { type: 'number', ...(bound && { exclusiveMinimum: -bound, exclusiveMaximum: bound }) };
  }
  const signed = datatype.startsWith('INT');
  const bits = Number(datatype.replace(/^U?INT/, ''));
  if (bits === 64) {
    const largest = Number.MAX_SAFE_INTEGER;
    const digits = signed ? '^-?[0-9]{1,18}$' : '^[0-9]{1,19}$';
    return {
      anyOf: [
        { type: 'integer', minimum: signed ? -largest : 0, maximum: largest },
        { type: 'string', pattern: digits },
      ],
    };
  }
  return signed
    ? { type: 'integer', minimum: -(2 ** (bits - 1)), maximum: 2 ** (bits - 1) - 1 }
    : { type: 'integer', minimum: 0, maximum: 2 ** bits - 1 };
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
