import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { parseRows, type Row } from './training-rows.ts';

/** The features of a model in rows that it was trained on. */
export interface TrainingData {
  readonly rows: number;
  /** Rows x features, row by row; NaN for what is missing. */
  readonly values: Float64Array;
  /** Columns of the file that are no features. */
  readonly ignored: readonly string[];
}

/** What stands for a value that is not there, in whatever case. */
const ABSENT = new Set(['', 'nan', 'na']);
const NUMBER = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?$/i;

/**
 * Reads rows of numbers from a file: JSON (`.json`), JSON lines (`.jsonl`, `.ndjson`), and anything else as CSV.
 *
 * An empty cell, NaN, NA and null stand for what is missing; true and false are 1 and 0.
 *
 * @param features the names of the values in a row, in the model's order
 * @throws Error in one line that says where the file is wrong, counting rows from 1
 */
export async function readTrainingData(
  file: string,
  features: readonly string[],
): Promise<TrainingData> {
  const text = await readText(file);
  const { rows, columns } = parseRows(text, extname(file).toLowerCase(), file);
  if (rows.length === 0) throw new Error(`${file} has no rows`);
  const width = features.length;
  const values = new Float64Array(rows.length * width);
  const ignored = new Set<string>();
  const places = columns && findColumns(columns, features, file, ignored);
  for (const [i, row] of rows.entries()) {
    const where = `${file}, row ${i + 1}`;
    const cells = isList(row)
      ? pickCells(row, places, columns?.length ?? width, where)
      : pickNamed(row, features, where, ignored);
    for (let column = 0; column < width; column++) {
      const value = toNumber(cells[column]);
      if (value === undefined) {
        const got = JSON.stringify(cells[column])?.slice(0, 60);
        throw new Error(`${where}, '${features[column]}': expected a number, got ${got}`);
      }
      values[i * width + column] = value;
    }
  }
  return { rows: rows.length, values, ignored: [...ignored] };
}

/** @throws Error in one line where the file cannot be read */
export async function readText(file: string): Promise<string> {
  return readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new Error(`cannot read ${file}: ${error.code ?? error.message}`, { cause: error });
  });
}

/** What Array.isArray does not say of a list that may not be changed. */
function isList(row: Row): row is readonly unknown[] {
  return Array.isArray(row);
}

/**
 * @param ignored gets the columns that are no features
 * @returns where in a row each feature is
 * @throws Error in one line for a feature that has no column, or two
 */
export function findColumns(
  columns: readonly string[],
  features: readonly string[],
  file: string,
  ignored: Set<string>,
): readonly number[] {
  const absent = features.filter((feature) => !columns.includes(feature));
  if (absent.length > 0) {
    const all = absent.map((feature) => `'${feature}'`).join(', ');
    throw new Error(`${file} has no column ${all}; its header names ${columns.join(', ')}`);
  }
  const twice = features.find(
    (feature) => columns.indexOf(feature) !== columns.lastIndexOf(feature),
  );
  if (twice !== undefined) throw new Error(`${file} has column '${twice}' twice`);
  for (const column of columns) if (!features.includes(column)) ignored.add(column);
  return features.map((feature) => columns.indexOf(feature));
}

function pickCells(
  row: readonly unknown[],
  places: readonly number[] | undefined,
  width: number,
  where: string,
): readonly unknown[] {
  if (row.length !== width)
    throw new Error(`${where}: expected ${width} values, got ${row.length}`);
  return places ? places.map((place) => row[place]) : row;
}

function pickNamed(
  row: Readonly<Record<string, unknown>>,
  features: readonly string[],
  where: string,
  ignored: Set<string>,
): readonly unknown[] {
  const absent = features.find((feature) => !Object.hasOwn(row, feature));
  if (absent !== undefined) {
    throw new Error(`${where} has no '${absent}'; null stands for what is missing`);
  }
  const known = new Set(features);
  for (const name of Object.keys(row)) if (!known.has(name)) ignored.add(name);
  return features.map((feature) => row[feature]);
}

/** @returns NaN for what is missing, undefined for what is no number */
export function toNumber(cell: unknown): number | undefined {
  if (cell === null) return Number.NaN;
  if (typeof cell === 'number' || typeof cell === 'boolean') return Number(cell);
  if (typeof cell !== 'string') return undefined;
  const text = cell.trim().toLowerCase();
  if (ABSENT.has(text)) return Number.NaN;
  if (text === 'true' || text === 'false') return Number(text === 'true');
  return NUMBER.test(text) ? Number(text) : undefined;
}
