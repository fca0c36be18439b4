import { AppError } from '../errors.ts';
import {
  describeValue,
  elementReader,
  elementWriter,
  expectedElement,
} from '../inference/elements.ts';
import {
  allocate,
  type Datatype,
  elementCount,
  formatShape,
  type Tensor,
} from '../inference/tensor.ts';

/** A tensor without its values. */
export interface TensorHead {
  readonly name: string;
  readonly datatype: Datatype;
  readonly shape: readonly number[];
}

/**
 * Reads a tensor's values from JSON: flat in row-major order, or nested in the form of its shape.
 *
 * @throws AppError bad_shape or bad_datatype, naming the input and the place
 */
export function readJsonTensor(head: TensorHead, data: readonly unknown[]): Tensor {
  const { name, datatype, shape } = head;
  // Memory is taken only for as many values as have come.
  const values = isFlat(data, shape) ? data : flatten(head, data);
  const count = elementCount(shape);
  if (values.length !== count) {
    throw new AppError(
      'bad_shape',
      `input '${name}': shape ${formatShape(shape)} holds ${count} values, got ${values.length}`,
    );
  }
  const target = allocate(datatype, count);
  const write = elementWriter(datatype, target);
  for (let i = 0; i < count; i++) {
    if (!write(i, values[i])) {
      const expected = expectedElement(datatype, values[i]);
      throw new AppError(
        'bad_datatype',
        `input '${name}', value ${i}: expected ${expected}, got ${describeValue(values[i])}`,
      );
    }
  }
  return { name, datatype, shape, data: target };
}

function isFlat(data: readonly unknown[], shape: readonly number[]): boolean {
  return shape.length <= 1 || !Array.isArray(data[0]);
}

/** @throws AppError bad_shape where the nesting is not that of the shape */
function flatten({ name, shape }: TensorHead, data: readonly unknown[]): unknown[] {
  const values: unknown[] = [];
  const walk = (level: readonly unknown[], depth: number): void => {
    if (level.length !== shape[depth]) {
      throw new AppError(
        'bad_shape',
        `input '${name}': expected data nested as ${formatShape(shape)}, dimension ${depth + 1} has ${level.length}`,
      );
    }
    if (depth === shape.length - 1) {
      for (const value of level) values.push(value);
      return;
    }
    for (const part of level) {
      if (!Array.isArray(part)) {
        throw new AppError(
          'bad_shape',
          `input '${name}': expected data nested as ${formatShape(shape)}, got ${describeValue(part)} in dimension ${depth + 1}`,
        );
      }
      walk(part, depth + 1);
    }
  };
  walk(data, 0);
  return values;
}

/** A tensor's values as JSON can carry them, flat in row-major order. */
export function writeJsonTensor(tensor: Tensor): unknown[] {
  const { datatype, data } = tensor;
  if (datatype === 'FP32' || datatype === 'FP64') return Array.from(data as Float64Array);
  const read = elementReader(tensor);
  return Array.from({ length: data.length }, (_, i) => read(i));
}
