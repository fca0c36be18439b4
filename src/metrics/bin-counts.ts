import { getFloat16 } from '@petamoriken/float16';
import type { AcceptedEvent } from '../inference/types.ts';
import type { RowSampler } from './row-sampler.ts';

type Tensor = AcceptedEvent['inputs'][number];

/** A value of each row that is counted: its place in the row, and the edges of its bins. */
export interface CountedColumn {
  readonly column: number;
  /** Rising. Bin i holds edges[i-1] < value <= edges[i], and the last bin what is above all of them. */
  readonly edges: readonly number[];
}

/**
 * Counts the values of rows by bins, at the cost of a binary search for each value and without any allocation for a row.
 *
 * Behind the bins of a column comes one for what is no number (NaN); an infinity is in an outer bin like any large value.
 * Values are compared as doubles. Those hold every type exactly but 64-bit integers, which are rounded as their edges are.
 */
export class BinCounts {
  private readonly columns: Int32Array;
  private readonly edges: Float64Array;
  /** Where the edges of each column begin, and where the last ones end. */
  private readonly starts: Int32Array;
  /** Bins of all columns, one behind the other. A column has two more of them than edges. */
  private readonly counts: Float64Array;
  /** A row of a type that is not read as it lies there. */
  private readonly scratch: Float64Array;

  constructor(columns: readonly CountedColumn[]) {
    this.columns = Int32Array.from(columns, ({ column }) => column);
    this.edges = Float64Array.from(columns.flatMap(({ edges }) => edges));
    this.starts = new Int32Array(columns.length + 1);
    for (const [i, { edges }] of columns.entries()) {
      this.starts[i + 1] = (this.starts[i] as number) + edges.length;
    }
    this.counts = new Float64Array(this.edges.length + 2 * columns.length);
    this.scratch = new Float64Array(Math.max(-1, ...this.columns) + 1);
  }

  /**
   * Counts the rows that the sampler chooses; text is passed over.
   *
   * @param tensor rows x width values
   */
  count(tensor: Tensor, width: number, sampler: RowSampler): void {
    const { data } = tensor;
    if (Array.isArray(data)) return;
    const rows = data.length / width;
    if (data instanceof Float32Array || data instanceof Float64Array) {
      sampler.pass(rows, (row) => this.countRow(data, row * width));
      return;
    }
    const read = numberReader(tensor);
    const { columns, scratch } = this;
    sampler.pass(rows, (row) => {
      for (const column of columns) scratch[column] = read(row * width + column);
      this.countRow(scratch, 0);
    });
  }

  /**
   * Gives away what has been counted, and begins again from zero.
   *
   * @param take is called for each bin that has some, by its place among those of all columns
   */
  drain(take: (place: number, count: number) => void): void {
    const { counts } = this;
    for (let place = 0; place < counts.length; place++) {
      const count = counts[place] as number;
      if (count === 0) continue;
      counts[place] = 0;
      take(place, count);
    }
  }

  private countRow(values: Float32Array | Float64Array, offset: number): void {
    const { columns, edges, starts, counts } = this;
    for (let i = 0; i < columns.length; i++) {
      const value = values[offset + (columns[i] as number)] as number;
      const start = starts[i] as number;
      const end = starts[i + 1] as number;
      let low = start;
      let high = end;
      while (low < high) {
        const middle = (low + high) >> 1;
        if (value > (edges[middle] as number)) low = middle + 1;
        else high = middle;
      }
      const bin = Number.isNaN(value) ? end + 1 : low;
      const place = bin + 2 * i;
      counts[place] = (counts[place] as number) + 1;
    }
  }
}

/** How the values of a type are read that has other arrays than those of floats. */
function numberReader({ datatype, data }: Tensor): (index: number) => number {
  if (datatype !== 'FP16' || !(data instanceof Uint16Array)) return (index) => Number(data[index]);
  const bits = new DataView(data.buffer, data.byteOffset, data.byteLength);
  return (index) => getFloat16(bits, index * 2, true);
}
