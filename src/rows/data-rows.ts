import type { Datatype } from '../inference/tensor.ts';
import type { TensorSpec } from '../inference/types.ts';
import { findColumns, hintFor, toNumber } from './cells.ts';
import { parseJson, parseRecords, splitLines, withoutMark } from './records.ts';

/** A number with a comma in it, or an infinite one. */
const NUMERAL = /^[+-]?(?:\d[\d.,' ]*|inf|infinity)$/i;

/** What a model takes. */
interface Form {
  readonly inputs: readonly TensorSpec[];
  /** Names of the values in a row, where its card has them. */
  readonly features: readonly string[] | undefined;
}

/**
 * Takes data apart into rows as a request holds them. JSON and CSV are told apart by how they begin: JSON is a list of
 * rows, {"instances": [row, ...]}, a row of its own, or a row to a line; CSV has a header, or none where its columns
 * are in the model's order.
 *
 * @param file its name; in .ndjson and .jsonl each line is a row, even if it is the only one
 * @throws Error in one line, counting rows from 1
 */
export function parseDataRows(text: string, file: string, model: Form): readonly unknown[] {
  const content = withoutMark(text);
  if (/\.(?:ndjson|jsonl)$/i.test(file)) return parseLines(content, file);
  return /^\s*[[{]/.test(content)
    ? parseJsonRows(content, file, model)
    : parseCsv(content, file, model);
}

function parseJsonRows(content: string, file: string, model: Form): readonly unknown[] {
  const lines = splitLines(content);
  if (lines.length > 1 && isJson(lines[0] ?? '')) return parseLines(content, file);
  const value = parseJson(content, file);
  if (Array.isArray(value)) return isBareRow(value, model) ? [value] : value;
  if (typeof value !== 'object' || value === null) return [value];
  const { instances } = { instances: undefined, ...value };
  return Array.isArray(instances) ? instances : [value];
}

function parseLines(content: string, file: string): readonly unknown[] {
  return splitLines(content).map((line, i) => parseJson(line, `${file}, row ${i + 1}`));
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Whether a list is one row and not rows of one value each. */
function isBareRow(list: readonly unknown[], { inputs, features }: Form): boolean {
  const [first] = list;
  if (first === undefined || (typeof first === 'object' && first !== null)) return false;
  const values = features?.length ?? inputs[0]?.shape.slice(1).reduce((all, one) => all * one, 1);
  return inputs.length === 1 && values !== 1;
}

function parseCsv(content: string, file: string, model: Form): readonly unknown[] {
  if (content.trim() === '') return [];
  const { inputs, features } = model;
  const isHeader = (first: readonly string[]) => hasHeader(first, model);
  const records = parseRecords(content, file, isHeader);
  const header = isHeader(records[0] ?? []) ? records[0]?.map((name) => name.trim()) : undefined;
  const rows = header ? records.slice(1) : records;
  // A single input without features is a row of as many values as there are columns, whatever they are called.
  const names = features ?? (inputs.length > 1 ? inputs.map(({ name }) => name) : undefined);
  const places = header && names && findColumns(header, names, file, new Set());
  const width = (header ?? names)?.length ?? rows[0]?.length;
  return rows.map((record, i) => {
    if (record.length !== width) {
      throw new Error(`${file}, row ${i + 1}: expected ${width} values, got ${record.length}`);
    }
    const cells = places ? places.map((place) => record[place] ?? '') : record;
    const values = cells.map((cell, place) => {
      const { datatype = 'FP32' } = (features ? inputs[0] : inputs[place]) ?? inputs[0] ?? {};
      if (datatype !== 'BYTES')
        refuseComma(cell, `${file}, row ${i + 1}`, (names ?? header)?.[place]);
      return toValue(cell, datatype);
    });
    if (features || inputs.length === 1) return values;
    return Object.fromEntries(inputs.map(({ name }, column) => [name, values[column]]));
  });
}

/** @throws Error in one line for a decimal comma, of which whoever reads the value later could not say as much */
function refuseComma(cell: string, where: string, name: string | undefined): void {
  const hint = hintFor(cell);
  if (hint === '') return;
  const column = name === undefined ? '' : `, '${name}'`;
  throw new Error(`${where}${column}: expected a number, got ${JSON.stringify(cell)}${hint}`);
}

/** A record of names that the model knows, or of names of whatever kind for a model of numbers. */
function hasHeader(first: readonly string[], { inputs, features }: Form): boolean {
  const takesText = inputs.some(({ datatype }) => datatype === 'BYTES');
  const names = features ?? inputs.map(({ name }) => name);
  // Of a single input of numbers the name says nothing: it may be as short as what somebody types for a value.
  const areColumns = features !== undefined || inputs.length > 1 || takesText;
  if (areColumns && first.some((cell) => names.includes(cell.trim()))) return true;
  // One number is enough for a row: were it a header, a row with a typo would be left out, and nobody would know.
  return !takesText && first.some(isWord) && !first.some(isNumeral);
}

function isWord(cell: string): boolean {
  return toNumber(cell) === undefined;
}

/** What is meant as a number, also where it is written so that it is none here; `Na` and `NaN` may be names. */
function isNumeral(cell: string): boolean {
  return !Number.isNaN(toNumber(cell) ?? Number.NaN) || NUMERAL.test(cell.trim());
}

/** A cell as JSON of a type; what cannot be of it stays text, and what is missing is null. */
export function toValue(cell: string, datatype: Datatype): unknown {
  if (datatype === 'BYTES') return cell;
  const text = cell.trim();
  const number = toNumber(text);
  if (number === undefined) return text;
  if (Number.isNaN(number)) return null;
  if (datatype === 'BOOL') return number === Number(!!number) ? !!number : number;
  // A whole number that would lose digits stays text, which 64-bit integers take.
  return Number.isInteger(number) && !Number.isSafeInteger(number) && /^-?\d+$/.test(text)
    ? text
    : number;
}
