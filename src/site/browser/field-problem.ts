import type { ModelCard } from '../../inference/model-card.ts';

/** What the server says of one field of a form. */
export interface FieldProblem {
  readonly feature: string;
  readonly text: string;
}

/**
 * Finds the field that a message of the server is about (inference/rows.ts), and what it says of that: a form is one row
 * and the field is named, so neither has to be said again.
 *
 * @returns undefined for a message that is about none
 */
export function findFieldProblem(
  message: string | undefined,
  features: NonNullable<ModelCard['features']>,
): FieldProblem | undefined {
  if (message === undefined) return undefined;
  for (const { name } of features) {
    if (message === `row 0: missing feature '${name}'`) {
      return { feature: name, text: 'expected a value' };
    }
    const start = `row 0, feature '${name}': `;
    if (message.startsWith(start)) return { feature: name, text: message.slice(start.length) };
  }
  return undefined;
}
