/**
 * Metric families: the numbers themselves.
 *
 * A family hands out one cell per set of label values; a recorder keeps the cell and adds to it, which costs
 * a few nanoseconds. Everything that reads (exposition, remote write, deltas) goes through `snapshot`.
 */

export type MetricType = 'counter' | 'gauge' | 'histogram';

export interface FamilyOptions {
  readonly name: string;
  readonly help: string;
  /** Label names, in the order in which `cell` takes their values. */
  readonly labels: readonly string[];
}

export type Labels = Readonly<Record<string, string>>;

/** The context of one observation, such as its trace, kept as the newest example of its bucket. */
export interface Exemplar {
  readonly labels: Labels;
  readonly value: number;
  /** Seconds since the Unix epoch. */
  readonly timestamp: number;
}

export interface ValueSeries {
  readonly labels: Labels;
  readonly value: number;
}

export interface HistogramSeries {
  readonly labels: Labels;
  /** Observations per bucket, not cumulative; the last is the bucket up to +Inf. */
  readonly counts: readonly number[];
  readonly sum: number;
  readonly exemplars: readonly (Exemplar | undefined)[];
}

export type FamilySnapshot =
  | {
      readonly type: 'counter' | 'gauge';
      readonly name: string;
      readonly help: string;
      readonly series: readonly ValueSeries[];
    }
  | {
      readonly type: 'histogram';
      readonly name: string;
      readonly help: string;
      /** Upper bounds, inclusive and rising, without +Inf. */
      readonly bounds: readonly number[];
      readonly series: readonly HistogramSeries[];
    };

/** What every family can do, whatever it counts. */
export interface Family {
  readonly name: string;
  readonly help: string;
  readonly labels: readonly string[];
  snapshot(): FamilySnapshot;
}

/** Cells by their label values. */
abstract class CellFamily<Cell> implements Family {
  readonly name: string;
  readonly help: string;
  readonly labels: readonly string[];
  private readonly byKey = new Map<string, { readonly labels: Labels; readonly cell: Cell }>();

  constructor({ name, help, labels }: FamilyOptions) {
    this.name = name;
    this.help = help;
    this.labels = labels;
  }

  /** The cell of these label values, in the order of `labels`; made at zero on first use. */
  cell(...values: readonly string[]): Cell {
    const key = JSON.stringify(values);
    const known = this.byKey.get(key);
    if (known) return known.cell;
    if (values.length !== this.labels.length) {
      const expected = this.labels.join(', ') || 'no labels';
      throw new Error(`${this.name} takes ${expected}, got ${values.length} values`);
    }
    const labels = Object.fromEntries(this.labels.map((name, i) => [name, values[i] as string]));
    const cell = this.createCell();
    this.byKey.set(key, { labels, cell });
    return cell;
  }

  /** Ends the series of these label values. */
  delete(...values: readonly string[]): void {
    this.byKey.delete(JSON.stringify(values));
  }

  abstract snapshot(): FamilySnapshot;
  protected abstract createCell(): Cell;

  protected mapCells<T>(read: (labels: Labels, cell: Cell) => T): T[] {
    return Array.from(this.byKey.values(), ({ labels, cell }) => read(labels, cell));
  }
}

export class ValueCell {
  value = 0;

  /** @param amount not negative in a counter */
  add(amount: number): void {
    this.value += amount;
  }

  /** For gauges alone. */
  set(value: number): void {
    this.value = value;
  }
}

abstract class ValueFamily extends CellFamily<ValueCell> {
  protected abstract readonly type: 'counter' | 'gauge';

  protected createCell(): ValueCell {
    return new ValueCell();
  }

  snapshot(): FamilySnapshot {
    const { type, name, help } = this;
    const series = this.mapCells((labels, { value }) => ({ labels, value }));
    return { type, name, help, series };
  }
}

export class Counter extends ValueFamily {
  protected readonly type = 'counter';
}

export class Gauge extends ValueFamily {
  protected readonly type = 'gauge';
}

export class HistogramCell {
  readonly counts: Float64Array;
  sum = 0;
  readonly exemplars: (Exemplar | undefined)[];
  private readonly bounds: readonly number[];

  constructor(bounds: readonly number[]) {
    this.bounds = bounds;
    this.counts = new Float64Array(bounds.length + 1);
    this.exemplars = new Array(bounds.length + 1).fill(undefined);
  }

  /** @returns the index of the bucket that took the value */
  observe(value: number): number {
    const { bounds, counts } = this;
    let bucket = 0;
    while (bucket < bounds.length && value > (bounds[bucket] as number)) bucket++;
    counts[bucket] = (counts[bucket] as number) + 1;
    this.sum += value;
    return bucket;
  }
}

export class Histogram extends CellFamily<HistogramCell> {
  readonly bounds: readonly number[];

  /** @param options.bounds upper bounds, inclusive and rising, without +Inf */
  constructor(options: FamilyOptions & { readonly bounds: readonly number[] }) {
    super(options);
    this.bounds = options.bounds;
  }

  protected createCell(): HistogramCell {
    return new HistogramCell(this.bounds);
  }

  snapshot(): FamilySnapshot {
    const { name, help, bounds } = this;
    const series = this.mapCells((labels, { counts, sum, exemplars }) => ({
      labels,
      counts: Array.from(counts),
      sum,
      exemplars: exemplars.slice(),
    }));
    return { type: 'histogram', name, help, bounds, series };
  }
}
