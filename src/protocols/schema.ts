import * as z from 'zod';
import { AppError } from '../errors.ts';
import { isObject } from '../inference/rows.ts';

/**
 * Takes JSON of the form that a schema describes.
 *
 * Lists and objects of any length are to be of the kinds below: the library's own gather every fault in them, and of
 * millions that fills the memory.
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

/** An array, whatever is in it. */
export const anyList = z
  .custom<unknown[]>(Array.isArray, 'expected an array')
  .meta({ type: 'array' });

/** The same, with something in it. */
export const someList = anyList
  .refine((list) => list.length > 0, 'expected at least one, got none')
  .meta({ type: 'array', minItems: 1 });

/** An object, whatever is in it. */
export const anyObject = z
  .custom<Readonly<Record<string, unknown>>>(isObject, 'expected an object')
  .meta({ type: 'object' });

/**
 * An array that is looked at up to its first fault.
 *
 * @param bounds how many elements it has, at least and at most; that is looked at ahead of them
 */
export function listOf<Element extends z.ZodType>(
  element: Element,
  { min = 0, max = Number.POSITIVE_INFINITY }: { min?: number; max?: number } = {},
) {
  const { $schema: _, ...items } = z.toJSONSchema(element, { io: 'input', unrepresentable: 'any' });
  const isAnyLength = min === 0 && max === Number.POSITIVE_INFINITY;
  const expected = `expected ${min > 0 ? `at least ${min}` : `at most ${max}`}`;
  return anyList
    .meta({
      type: 'array',
      items,
      ...(min > 0 && { minItems: min }),
      ...(Number.isFinite(max) && { maxItems: max }),
    })
    .transform((list, context): z.output<Element>[] => {
      if (!isAnyLength && (list.length < min || list.length > max)) {
        context.addIssue(`${expected}, got ${list.length}`);
        return z.NEVER;
      }
      const taken: z.output<Element>[] = [];
      for (const [i, given] of list.entries()) {
        const result = element.safeParse(given);
        if (!result.success) {
          const [fault] = result.error.issues;
          const message = fault?.message ?? 'of the wrong form';
          context.addIssue({ code: 'custom', path: [i, ...(fault?.path ?? [])], message });
          return z.NEVER;
        }
        taken.push(result.data);
      }
      return taken;
    });
}
