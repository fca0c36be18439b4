import type { TensorSpec } from '../inference/types.ts';
import { count } from '../quantities.ts';
import { toNumber } from '../rows/cells.ts';
import { parseDataRows } from '../rows/data-rows.ts';
import { parseRecords, withoutMark } from '../rows/records.ts';
import { readText } from './training-data.ts';

/** What a card takes from rows of somebody's. */
export interface CardData {
  /** Names of the values in a row; undefined for a model with several inputs, whose names are the graph's. */
  readonly features: readonly string[] | undefined;
  readonly examples: readonly unknown[];
  /** Columns without a name, which are never features: pandas' index, or what a comma at the end of each line makes. */
  readonly unnamed: number;
}

/** As many show what a row looks like, and are read when a card is. */
const MOST_EXAMPLES = 5;

/**
 * Reads names of features, and a few rows, from CSV with a header.
 *
 * @param ignored columns that are no features
 * @throws Error in one line where the columns are not what the graph takes
 */
export async function readCardData(
  file: string,
  ignored: readonly string[],
  inputs: readonly TensorSpec[],
): Promise<CardData> {
  const text = withoutMark(await readText(file));
  const noHeader = `${file}: expected CSV with a header that names the features`;
  // What would be wrong with JSON as CSV helps nobody.
  if (/^\s*[[{]/.test(text)) throw new Error(noHeader);
  const [first = [], ...records] = parseRecords(text, file, () => true);
  const columns = first.map((name) => name.trim());
  if (columns.every((name) => toNumber(name) !== undefined)) throw new Error(noHeader);
  const unknown = ignored.find((name) => !columns.includes(name));
  if (unknown !== undefined) {
    throw new Error(`${file} has no column '${unknown}'; its header names ${columns.join(', ')}`);
  }
  const features =
    inputs.length > 1 ? undefined : pickFeatures(file, columns, records, ignored, inputs);
  const rows = parseDataRows(text, file, { inputs, features });
  const unnamed = columns.filter((name) => name === '').length;
  return { features, examples: rows.filter(isWhole).slice(0, MOST_EXAMPLES), unnamed };
}

/**
 * All columns that have a name and are not ignored: which others are no features is not for their content to tell, as a
 * graph may take text for a feature, and a target is a number like any.
 */
function pickFeatures(
  file: string,
  columns: readonly string[],
  records: readonly (readonly string[])[],
  ignored: readonly string[],
  inputs: readonly TensorSpec[],
): readonly string[] {
  const width = countFeatures(inputs);
  if (width === undefined) throw new Error('--data: the graph does not take a row of features');
  const left = columns.filter((name) => name !== '' && !ignored.includes(name));
  if (left.length === width) return left;
  const isText = (name: string) =>
    records.some((record) => toNumber(record[columns.indexOf(name)] ?? '') === undefined);
  const named = left.map((name) => (isText(name) ? `${name} (text)` : name)).join(', ');
  const way = left.length > width ? '; --ignore names those that are no features' : '';
  throw new Error(
    `the graph takes ${width} features, ${file} has ${count(left.length, 'column')}: ${named}${way}`,
  );
}

/** @returns undefined for a model whose rows are not so many values */
export function countFeatures(inputs: readonly TensorSpec[]): number | undefined {
  const [input] = inputs;
  const width = inputs.length === 1 && input?.shape.length === 2 ? (input.shape[1] ?? -1) : -1;
  return width < 1 ? undefined : width;
}

/** A row that misses a value is no example of one. */
function isWhole(row: unknown): boolean {
  return typeof row === 'object' && row !== null && !Object.values(row).includes(null);
}
