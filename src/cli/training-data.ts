import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { findColumns, hintFor, toNumber } from '../rows/cells.ts';
import { parseRows, type Row } from '../rows/records.ts';

/** The features of a model in rows that it was trained on. */
export interface TrainingData {
  readonly rows: number;
  /** Rows x features, row by row; NaN for what is missing. */
  readonly values: Float64Array;
  /** Columns of the file that are no features. */
  readonly ignored: readonly string[];
}

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
        throw new Error(
          `${where}, '${features[column]}': expected a number, got ${got}${hintFor(cells[column])}`,
        );
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
