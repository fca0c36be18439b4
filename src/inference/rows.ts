import { AppError } from '../errors.ts';
import { describeValue, type ElementWriter, elementWriter, expectedElement } from './elements.ts';
import { allocate, elementCount, type Tensor } from './tensor.ts';
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
  return (rows) => {
    if (features === undefined) checkRows(rows, names);
    return inputs.map((input) => {
      const values = features ? rows : rows.map((row) => (isObject(row) ? row[input.name] : row));
      return readInput(input, values, features);
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

/** @param values one per row, of this input alone */
function readInput(
  input: TensorSpec,
  values: readonly unknown[],
  features: readonly string[] | undefined,
): Tensor {
  const rowShape = settleShape(input, features, values[0]);
  const size = elementCount(rowShape);
  const data = allocate(input.datatype, values.length * size);
  const filler = new RowFiller(input, rowShape, features, elementWriter(input.datatype, data));
  for (let row = 0; row < values.length; row++) filler.fill(values[row], row, row * size);
  return { name: input.name, datatype: input.datatype, shape: [values.length, ...rowShape], data };
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

/** Writes rows of one input into its tensor. */
class RowFiller {
  private readonly input: TensorSpec;
  private readonly shape: readonly number[];
  private readonly features: readonly string[] | undefined;
  private readonly write: ElementWriter;

  constructor(
    input: TensorSpec,
    shape: readonly number[],
    features: readonly string[] | undefined,
    write: ElementWriter,
  ) {
    this.input = input;
    this.shape = shape;
    this.features = features;
    this.write = write;
  }

  fill(value: unknown, row: number, offset: number): void {
    if (this.features && isObject(value)) this.fillNamed(value, this.features, row, offset);
    else if (Array.isArray(value)) this.fillLevel(value, 0, row, offset);
    else if (elementCount(this.shape) === 1 && this.shape.length <= 1) {
      this.put(value, row, offset, 0);
    } else {
      throw new AppError(
        'bad_shape',
        `input '${this.input.name}': expected ${this.expectedRow()}, row ${row} is ${describeValue(value)}`,
      );
    }
  }

  private fillNamed(
    value: Record<string, unknown>,
    features: readonly string[],
    row: number,
    offset: number,
  ): void {
    checkNames(value, features, row, 'feature');
    for (let i = 0; i < features.length; i++) {
      this.put(value[features[i] as string], row, offset + i, i);
    }
  }

  /** Writes one level of a nested array and returns the offset behind it. */
  private fillLevel(
    values: readonly unknown[],
    level: number,
    row: number,
    offset: number,
  ): number {
    const expected = this.shape[level];
    if (values.length !== expected) {
      throw new AppError(
        'bad_shape',
        `input '${this.input.name}': expected ${this.expectedRow()}, row ${row} has ${
          level === 0 ? values.length : `${values.length} in dimension ${level + 1}`
        }`,
      );
    }
    if (level === this.shape.length - 1) {
      for (let i = 0; i < values.length; i++) this.put(values[i], row, offset + i, i);
      return offset + values.length;
    }
    let next = offset;
    for (const value of values) {
      if (!Array.isArray(value)) {
        throw new AppError(
          'bad_shape',
          `input '${this.input.name}': expected ${this.expectedRow()}, row ${row} has ${describeValue(value)} in dimension ${level + 1}`,
        );
      }
      next = this.fillLevel(value, level + 1, row, next);
    }
    return next;
  }

  private put(value: unknown, row: number, offset: number, column: number): void {
    if (this.write(offset, value)) return;
    const { datatype, name } = this.input;
    const feature = this.features?.[column];
    const place =
      feature !== undefined
        ? `feature '${feature}'`
        : this.shape.length === 0
          ? `input '${name}'`
          : `input '${name}', value ${column}`;
    throw new AppError(
      'bad_datatype',
      `row ${row}, ${place}: expected ${expectedElement(datatype, value)}, got ${describeValue(value)}`,
    );
  }

  private expectedRow(): string {
    const [length] = this.shape;
    if (length === undefined) return 'one value per row';
    if (this.shape.length === 1) {
      const unit = this.features ? 'features' : 'values';
      return `${length} ${length === 1 ? unit.slice(0, -1) : unit} per row`;
    }
    return `rows of shape [${this.shape.join(', ')}]`;
  }
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
