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

/** Leaves of a tree that is searched without a loop: enough for 16 bins. */
const SMALL_TREE = 16;

/**
 * Counts the values of rows by bins, at the cost of a binary search for each value and without any allocation for a row.
 *
 * Behind the bins of a column comes one for what is no number (NaN); an infinity is in an outer bin like any large value.
 * Values are compared as doubles. Those hold every type exactly but 64-bit integers, which are rounded as their edges are.
 *
 * The search takes the way down a tree (node n leads to 2n and 2n + 1) by arithmetic on the comparison and not by a
 * branch: nobody can predict which bin a value is in, and a branch that was mispredicted costs more than all comparisons.
 */
export class BinCounts {
  private readonly columns: Int32Array;
  private readonly bins: Int32Array;
  /** Leaves of each column's tree, a power of two; those behind its last bin cannot be reached. */
  private readonly leaves: number;
  /** The trees of all columns, one behind the other: the edges, and infinity where there are no more. */
  private readonly trees: Float64Array;
  /** For each column its leaves, and then what is missing. */
  private readonly counts: Float64Array;
  /** A row of a type that is not read as it lies there. */
  private readonly scratch: Float64Array;

  constructor(columns: readonly CountedColumn[]) {
    this.columns = Int32Array.from(columns, ({ column }) => column);
    this.bins = Int32Array.from(columns, ({ edges }) => edges.length + 1);
    this.leaves = SMALL_TREE;
    while (this.leaves < Math.max(...this.bins)) this.leaves *= 2;
    this.trees = new Float64Array(columns.length * this.leaves).fill(Number.POSITIVE_INFINITY);
    for (const [i, { edges }] of columns.entries()) {
      const tree = this.trees.subarray(i * this.leaves, (i + 1) * this.leaves);
      plant(tree, edges, 1, 0, this.leaves - 1);
    }
    this.counts = new Float64Array(columns.length * (this.leaves + 1));
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
   * @param take is called for each bin that has some: by its column's place among those that are counted, and its own
   *   among the column's, of which what is missing is the last
   */
  drain(take: (column: number, bin: number, count: number) => void): void {
    const { counts, bins, leaves } = this;
    for (const [at, count] of counts.entries()) {
      if (count === 0) continue;
      counts[at] = 0;
      const column = Math.floor(at / (leaves + 1));
      const leaf = at % (leaves + 1);
      take(column, leaf === leaves ? (bins[column] as number) : leaf, count);
    }
  }

  /** Of the usual few bins: without a loop, and of a size that is known beforehand, it takes half of the time. */
  private countRow(values: Float32Array | Float64Array, offset: number): void {
    if (this.leaves !== SMALL_TREE) {
      this.countRowOfMany(values, offset);
      return;
    }
    const { columns, trees, counts } = this;
    for (let i = 0; i < columns.length; i++) {
      const value = values[offset + (columns[i] as number)] as number;
      const tree = i * SMALL_TREE;
      let node = 2 + Number(value > (trees[tree + 1] as number));
      node = 2 * node + Number(value > (trees[tree + node] as number));
      node = 2 * node + Number(value > (trees[tree + node] as number));
      node = 2 * node + Number(value > (trees[tree + node] as number));
      const leaf = Number.isNaN(value) ? SMALL_TREE : node - SMALL_TREE;
      const at = tree + i + leaf;
      counts[at] = (counts[at] as number) + 1;
    }
  }

  private countRowOfMany(values: Float32Array | Float64Array, offset: number): void {
    const { columns, trees, counts, leaves } = this;
    for (let i = 0; i < columns.length; i++) {
      const value = values[offset + (columns[i] as number)] as number;
      const tree = i * leaves;
      let node = 1;
      while (node < leaves) node = 2 * node + Number(value > (trees[tree + node] as number));
      const leaf = Number.isNaN(value) ? leaves : node - leaves;
      const at = tree + i + leaf;
      counts[at] = (counts[at] as number) + 1;
    }
  }
}

/** Puts the edges from `first` up to but not including `end` below a node, the middle one into it. */
function plant(
  tree: Float64Array,
  edges: readonly number[],
  node: number,
  first: number,
  end: number,
): void {
  if (first >= end) return;
  const middle = (first + end) >> 1;
  const edge = edges[middle];
  if (edge !== undefined) tree[node] = edge;
  plant(tree, edges, 2 * node, first, middle);
  plant(tree, edges, 2 * node + 1, middle + 1, end);
}

/** How the values of a type are read that has other arrays than those of floats. */
function numberReader({ datatype, data }: Tensor): (index: number) => number {
  if (datatype !== 'FP16' || !(data instanceof Uint16Array)) return (index) => Number(data[index]);
  const bits = new DataView(data.buffer, data.byteOffset, data.byteLength);
  return (index) => getFloat16(bits, index * 2, true);
}
