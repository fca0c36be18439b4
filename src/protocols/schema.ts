import type * as z from 'zod';
import { AppError } from '../errors.ts';

/**
 * Takes JSON of the form that a schema describes.
 *
 * @throws AppError bad_request that says at which place it is not
 */
export function parseForm<Schema extends z.ZodType>(
  schema: Schema,
  json: unknown,
): z.output<Schema> {
  const result = tryParse(schema, json);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const place = issue?.path.map(String).join('.').slice(0, 200) || 'the body';
  throw new AppError('bad_request', `${place}: ${issue?.message ?? 'of the wrong form'}`);
}

/** The library puts all it finds wrong on the stack at once, which a hundred thousand faults are too many for. */
function tryParse<Schema extends z.ZodType>(schema: Schema, json: unknown) {
  try {
    return schema.safeParse(json);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new AppError('bad_request', 'the body: nearly nothing in it is of the expected form', {
      cause: error,
    });
  }
}
