/** What stands for a value that is not there, in whatever case. */
const ABSENT = new Set(['', 'nan', 'na']);
const DECIMAL_COMMA = /^[+-]?\d+,\d+$/;
const NUMBER = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?$/i;

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

/** What to try with a cell that is no number, in brackets; nothing where nobody knows. */
export function hintFor(cell: unknown): string {
  const hasComma = typeof cell === 'string' && DECIMAL_COMMA.test(cell.trim());
  return hasComma ? ' (with a decimal point?)' : '';
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
