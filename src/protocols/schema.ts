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
  const result = schema.safeParse(json);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const place = issue?.path.map(String).join('.').slice(0, 200) || 'the body';
  throw new AppError('bad_request', `${place}: ${issue?.message ?? 'of the wrong form'}`);
}
