import { AppError } from '../errors.ts';
import type { Model } from '../inference/model.ts';
import { isObject } from '../inference/rows.ts';

/**
 * Rows of columns: one object per row, by the columns' names.
 *
 * @throws AppError bad_request for a column that is no array, and bad_shape for columns of different lengths
 */
export function columnsToRows(
  columns: Readonly<Record<string, unknown>>,
): Record<string, unknown>[] {
  const entries = Object.entries(columns).map(([name, values]) => {
    if (Array.isArray(values)) return [name, values as unknown[]] as const;
    throw new AppError('bad_request', `column '${name.slice(0, 80)}': expected an array`);
  });
  const [first] = entries;
  if (!first || first[1].length === 0) {
    throw new AppError('bad_shape', 'expected at least one row, got none');
  }
  const [firstName, { length }] = first;
  const other = entries.find(([, values]) => values.length !== length);
  if (other) {
    throw new AppError(
      'bad_shape',
      `column '${firstName.slice(0, 80)}' has ${length} rows, '${other[0].slice(0, 80)}' has ${other[1].length}`,
    );
  }
  return Array.from({ length }, (_, row) =>
    Object.fromEntries(entries.map(([name, values]) => [name, values[row]])),
  );
}

/**
 * The rows of a model with one input that came as `{<its name>: row}`, as clients send them that know inputs and
 * not features.
 */
export function unwrapInput(rows: readonly unknown[], { inputs, card }: Model): readonly unknown[] {
  const [input] = inputs;
  if (!input || inputs.length > 1) return rows;
  const { name } = input;
  if (!card?.features || card.features.some((feature) => feature.name === name)) return rows;
  return rows.map((row) =>
    isObject(row) && Object.hasOwn(row, name) && Object.keys(row).length === 1 ? row[name] : row,
  );
}
