import { AppError } from '../errors.ts';
import { describeValue, elementWriter, expectedElement } from './elements.ts';
import { type Allocate, createSlabAllocator, elementCount, type Tensor } from './tensor.ts';
import type { TensorSpec } from './types.ts';

/** Turns rows of JSON into one tensor per input, checking every value on the way. */
export type RowReader = (rows: readonly unknown[]) => Tensor[];

/**
 * Makes the reader for a model, once, when it is loaded.
 *
 * A row is an array of the input's shape without its first dimension (a bare value where that leaves one
 * value); or an object of feature names, when the model's card names them; or else an object of input
 * names, which is the only form for a model with several inputs. Rows count from 0 in every message.
 *
 * @param features names of the values in a row, in order
 * @returns a reader that throws AppError bad_shape, bad_datatype or bad_feature, naming the row and the place
 */
export function createRowReader(
  inputs: readonly TensorSpec[],
  features: readonly string[] | undefined,
): RowReader {
  const names = inputs.map((input) => input.name);
  const allocate = createSlabAllocator();
  return (rows) => {
    if (features === undefined) checkRows(rows, names);
    return inputs.map((input) => {
      const values = features ? rows : rows.map((row) => (isObject(row) ? row[input.name] : row));
      return readInput(input, values, features, allocate);
    });
  };
}

/** @throws AppError when a row that is an object has other names, or one that is none should be */
function checkRows(rows: readonly unknown[], names: readonly string[]): void {
  rows.forEach((row, index) => {
    if (isObject(row)) checkNames(row, names, index, 'input');
    else if (names.length !== 1) {
      throw new AppError(
        'bad_shape',
        `row ${index}: expected an object with the inputs ${names.map(quote).join(', ')}, got ${describeValue(row)}`,
      );
    }
  });
}

/** How the rows of one input are laid out. */
interface Layout {
  readonly input: TensorSpec;
  /** The shape of one row: empty where a row is a bare value. */
  readonly shape: readonly number[];
  readonly features: readonly string[] | undefined;
}

/** @param values one per row, of this input alone */
function readInput(
  input: TensorSpec,
  values: readonly unknown[],
  features: readonly string[] | undefined,
  allocate: Allocate,
): Tensor {
  const shape = settleShape(input, features, values[0]);
  const layout = { input, shape, features };
  // Every row has its shape before memory is taken for all of them: what is allocated is then never more
  // than what was sent.
  values.forEach((value, row) => {
    checkRow(layout, value, row);
  });

  const size = elementCount(shape);
  const data = allocate(input.datatype, values.length * size);
  const write = elementWriter(input.datatype, data);
  const floats = data instanceof Float32Array || data instanceof Float64Array ? data : undefined;
  const put = (value: unknown, row: number, column: number, offset: number) => {
    if (!write(offset, value)) throw badValue(layout, value, row, column);
  };
  values.forEach((value, row) => {
    // Plain rows of floats, of which there may be very many, take the shortest way.
    const plain = floats && shape.length === 1 && Array.isArray(value);
    if (plain && fillFloats(floats, value, row * size)) return;
    fillRow(layout, value, row, row * size, put);
  });
  return { name: input.name, datatype: input.datatype, shape: [values.length, ...shape], data };
}

/** The shape of one row; where the model leaves a dimension open, the features or the first row set it. */
function settleShape(
  input: TensorSpec,
  features: readonly string[] | undefined,
  first: unknown,
): number[] {
  if (input.shape.length === 0) {
    throw new AppError(
      'bad_request',
      `input '${input.name}' is a scalar, so the model does not take rows`,
    );
  }
  if (features) return [features.length];
  let level = first;
  return input.shape.slice(1).map((dimension) => {
    const length = Array.isArray(level) ? level.length : 1;
    level = Array.isArray(level) ? level[0] : undefined;
    return dimension === -1 ? length : dimension;
  });
}

/** @throws AppError bad_shape or bad_feature for a row of another form than the layout's */
function checkRow(layout: Layout, value: unknown, row: number): void {
  const { shape, features } = layout;
  if (features && isObject(value)) checkNames(value, features, row, 'feature');
  else if (Array.isArray(value)) checkLevel(layout, value, 0, row);
  else if (shape.length > 1 || elementCount(shape) !== 1 || isObject(value)) {
    throw badRow(layout, `row ${row} is ${describeValue(value)}`);
  }
}

function checkLevel(layout: Layout, values: readonly unknown[], level: number, row: number): void {
  const { shape } = layout;
  // A row of one bare value may also come wrapped.
  const expected = shape.length === 0 ? 1 : shape[level];
  const place = level === 0 ? '' : ` in dimension ${level + 1}`;
  if (values.length !== expected) throw badRow(layout, `row ${row} has ${values.length}${place}`);
  if (level >= shape.length - 1) return;
  for (const value of values) {
    if (!Array.isArray(value)) {
      throw badRow(layout, `row ${row} has ${describeValue(value)} in dimension ${level + 1}`);
    }
    checkLevel(layout, value, level + 1, row);
  }
}

type Put = (value: unknown, row: number, column: number, offset: number) => void;

/** Writes a row that has its shape, value by value. */
function fillRow(layout: Layout, value: unknown, row: number, offset: number, put: Put): void {
  const { shape, features } = layout;
  if (features && isObject(value)) {
    features.forEach((name, column) => {
      put(value[name], row, column, offset + column);
    });
  } else if (Array.isArray(value)) {
    fillLevel(value, shape.length - 1, row, offset, put);
  } else {
    put(value, row, 0, offset);
  }
}

/** @returns false where a value is none that the type can hold; the long way then says which */
function fillFloats(
  data: Float32Array | Float64Array,
  values: readonly unknown[],
  offset: number,
): boolean {
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (typeof value !== 'number') return false;
    data[offset + i] = value;
    if (!Number.isFinite(data[offset + i])) return false;
  }
  return true;
}

/** @returns the offset behind what was written */
function fillLevel(
  values: readonly unknown[],
  levelsBelow: number,
  row: number,
  offset: number,
  put: Put,
): number {
  if (levelsBelow <= 0) {
    for (let i = 0; i < values.length; i++) put(values[i], row, i, offset + i);
    return offset + values.length;
  }
  let next = offset;
  for (const value of values) {
    if (Array.isArray(value)) next = fillLevel(value, levelsBelow - 1, row, next, put);
  }
  return next;
}

function badRow(layout: Layout, got: string): AppError {
  const { input } = layout;
  return new AppError(
    'bad_shape',
    `input '${input.name}': expected ${expectedRow(layout)}, ${got}`,
  );
}

function expectedRow({ shape, features }: Layout): string {
  const [length] = shape;
  if (shape.length > 1) return `rows of shape [${shape.join(', ')}]`;
  if (length === undefined || (length === 1 && !features)) return 'one value per row';
  const unit = features ? 'feature' : 'value';
  return `${length} ${length === 1 ? unit : `${unit}s`} per row`;
}

function badValue(layout: Layout, value: unknown, row: number, column: number): AppError {
  const { input, shape, features } = layout;
  const feature = features?.[column];
  const place =
    feature !== undefined
      ? `feature '${feature}'`
      : shape.length === 0
        ? `input '${input.name}'`
        : `input '${input.name}', value ${column}`;
  return new AppError(
    'bad_datatype',
    `row ${row}, ${place}: expected ${expectedElement(input.datatype, value)}, got ${describeValue(value)}`,
  );
}

/** @throws AppError bad_feature for the first missing name, else for the first unknown one */
function checkNames(
  row: Record<string, unknown>,
  names: readonly string[],
  index: number,
  kind: 'feature' | 'input',
): void {
  for (const name of names) {
    if (!Object.hasOwn(row, name)) {
      throw new AppError('bad_feature', `row ${index}: missing ${kind} ${quote(name)}`);
    }
  }
  const given = Object.keys(row);
  if (given.length === names.length) return;
  const known = new Set(names);
  const unknown = given.find((name) => !known.has(name)) ?? '';
  throw new AppError('bad_feature', `row ${index}: unknown ${kind} ${quote(unknown.slice(0, 80))}`);
}

function quote(name: string): string {
  return `'${name}'`;
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
