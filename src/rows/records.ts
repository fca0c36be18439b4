import Papa from 'papaparse';

export type Row = readonly unknown[] | Readonly<Record<string, unknown>>;

/** Rows of a file as they stand in it. */
export interface Rows {
  readonly rows: readonly Row[];
  /** What the values of a row are called, where the file says it once for all. */
  readonly columns?: readonly string[];
}

/**
 * Takes a file apart into rows: arrays or objects of a JSON list, one to a line, or records of CSV below a header.
 *
 * @param extension with its dot: .json, .jsonl and .ndjson are JSON, anything else is CSV
 * @throws Error in one line
 */
export function parseRows(text: string, extension: string, file: string): Rows {
  const content = withoutMark(text);
  if (extension === '.json') return { rows: parseList(content, file) };
  if (extension === '.jsonl' || extension === '.ndjson') return { rows: parseLines(content, file) };
  return parseCsv(content, file);
}

/** Text without the byte order mark that some programs put ahead of it. */
export function withoutMark(text: string): string {
  return text.replace(/^\ufeff/, '');
}

function parseList(text: string, file: string): readonly Row[] {
  const list = parseJson(text, file);
  if (!Array.isArray(list)) throw new Error(`${file}: expected a list of rows`);
  return list.map((row, i) => checkRow(row, `${file}, row ${i + 1}`));
}

function parseLines(text: string, file: string): readonly Row[] {
  return splitLines(text).map((line, i) => {
    const where = `${file}, row ${i + 1}`;
    return checkRow(parseJson(line, where), where);
  });
}

/** Lines that are not empty. */
export function splitLines(text: string): string[] {
  return text.split('\n').filter((line) => line.trim() !== '');
}

/** @throws Error in one line */
export function parseJson(text: string, where: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message.replaceAll(/\s+/g, ' ') : String(error);
    throw new Error(`${where} is not JSON: ${reason}`, { cause: error });
  }
}

function checkRow(row: unknown, where: string): Row {
  if (Array.isArray(row)) return row;
  if (typeof row === 'object' && row !== null) return { ...row };
  throw new Error(`${where}: expected an array, or an object of feature names`);
}

function parseCsv(text: string, file: string): Rows {
  const [header = [], ...rows] = parseRecords(text, file, () => true);
  return { rows, columns: header.map((name) => name.trim()) };
}

/**
 * Takes CSV apart into records, with the first one, whatever it is.
 *
 * @param isHeader whether that is a header, from which on rows count
 * @throws Error in one line
 */
export function parseRecords(
  text: string,
  file: string,
  isHeader: (first: readonly string[]) => boolean,
): string[][] {
  const { data, errors } = Papa.parse<string[]>(text.replace(/(?:\r?\n)+$/, ''));
  // That the delimiter could not be told is no fault of a file with one column.
  const error = errors.find(({ type }) => type !== 'Delimiter');
  const [first = [], ...others] = data;
  if (error) {
    const row = (error.row ?? 0) + (isHeader(first) ? 0 : 1);
    throw new Error(`${file}, ${row === 0 ? 'header' : `row ${row}`}: ${error.message}`);
  }
  // Of a single column an empty line is a row whose value is missing.
  const isRow = (row: readonly string[]) => first.length === 1 || row.length > 1 || row[0] !== '';
  return [first, ...others.filter(isRow)];
}
