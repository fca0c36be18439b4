import Papa from 'papaparse';

/** Pasted text has no rows in it; the message says what would be some. */
export class RowsTextError extends Error {
  override readonly name = 'RowsTextError';
}

/**
 * Reads rows that somebody has pasted: JSON (a list of rows, `{"instances": [...]}`, or one row that is an object), or
 * CSV, with names above the columns or without. What is in them is for the server to judge.
 *
 * @param features names that a header would have; undefined where columns have no names
 * @throws RowsTextError
 */
export function readRowsText(text: string, features: readonly string[] | undefined): unknown[] {
  const trimmed = text.trim();
  if (trimmed === '') throw new RowsTextError('expected rows, as CSV or JSON');
  return /^[[{]/.test(trimmed) ? readJson(trimmed) : readCsv(trimmed, features);
}

function readJson(text: string): unknown[] {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new RowsTextError(`not JSON: ${error instanceof Error ? error.message : error}`);
  }
  if (!Array.isArray(json)) {
    const { instances } = Object(json) as { instances?: unknown };
    return Array.isArray(instances) ? instances : [json];
  }
  // One bare row of values is a row, as it is for POST /predict.
  return json.some((row) => typeof row === 'object' && row !== null) ? json : [json];
}

function readCsv(text: string, features: readonly string[] | undefined): unknown[] {
  const { data, errors } = Papa.parse<string[]>(text, { skipEmptyLines: 'greedy' });
  const [problem] = errors.filter(({ type }) => type !== 'Delimiter');
  if (problem) throw new RowsTextError(`row ${problem.row ?? 0}: ${problem.message}`);
  const [head = [], ...rest] = data.map((cells) => cells.map((cell) => cell.trim()));
  const hasHeader = features?.some((name) => head.includes(name)) ?? false;
  if (!hasHeader) return [head, ...rest].map((cells) => cells.map(readCell));
  if (rest.length === 0) throw new RowsTextError('expected rows below the names of the columns');
  return rest.map((cells) =>
    Object.fromEntries(cells.map((cell, i) => [head[i] ?? '', readCell(cell)])),
  );
}

/** What a cell or a field holds: a number where it is one, else its text. */
export function readCell(text: string): string | number | boolean {
  if (text === 'true' || text === 'false') return text === 'true';
  const number = Number(text);
  return text.trim() !== '' && Number.isFinite(number) ? number : text;
}
