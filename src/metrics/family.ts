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
  snapshot(): FamilySnapshot;
}

/** Cells by their label values. */
class Cells<Cell> {
  private readonly options: FamilyOptions;
  private readonly create: () => Cell;
  private readonly byKey = new Map<string, { readonly labels: Labels; readonly cell: Cell }>();

  constructor(options: FamilyOptions, create: () => Cell) {
    this.options = options;
    this.create = create;
  }

  get(values: readonly string[]): Cell {
    const key = JSON.stringify(values);
    const known = this.byKey.get(key);
    if (known) return known.cell;
    const { labels: names, name } = this.options;
    if (values.length !== names.length) {
      throw new Error(`${name} takes the labels ${names.join(', ')}, got ${values.length} values`);
    }
    const labels = Object.fromEntries(names.map((label, i) => [label, values[i] as string]));
    const cell = this.create();
    this.byKey.set(key, { labels, cell });
    return cell;
  }

  delete(values: readonly string[]): void {
    this.byKey.delete(JSON.stringify(values));
  }

  map<T>(read: (labels: Labels, cell: Cell) => T): T[] {
    return Array.from(this.byKey.values(), ({ labels, cell }) => read(labels, cell));
  }
}

export class CounterCell {
  value = 0;
  /** @param amount not negative */
  add(amount: number): void {
    this.value += amount;
  }
}

export class Counter implements Family {
  readonly name: string;
  private readonly help: string;
  private readonly cells: Cells<CounterCell>;

  constructor(options: FamilyOptions) {
    this.name = options.name;
    this.help = options.help;
    this.cells = new Cells(options, () => new CounterCell());
  }

  /** The cell of these label values, made at zero on first use. */
  cell(...values: readonly string[]): CounterCell {
    return this.cells.get(values);
  }

  snapshot(): FamilySnapshot {
    const series = this.cells.map((labels, { value }) => ({ labels, value }));
    return { type: 'counter', name: this.name, help: this.help, series };
  }
}

export class GaugeCell {
  value = 0;
  set(value: number): void {
    this.value = value;
  }
  add(amount: number): void {
    this.value += amount;
  }
}

export class Gauge implements Family {
  readonly name: string;
  private readonly help: string;
  private readonly cells: Cells<GaugeCell>;

  constructor(options: FamilyOptions) {
    this.name = options.name;
    this.help = options.help;
    this.cells = new Cells(options, () => new GaugeCell());
  }

  cell(...values: readonly string[]): GaugeCell {
    return this.cells.get(values);
  }

  /** Ends the series of these label values. */
  delete(...values: readonly string[]): void {
    this.cells.delete(values);
  }

  snapshot(): FamilySnapshot {
    const series = this.cells.map((labels, { value }) => ({ labels, value }));
    return { type: 'gauge', name: this.name, help: this.help, series };
  }
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

export class Histogram implements Family {
  readonly name: string;
  private readonly help: string;
  private readonly bounds: readonly number[];
  private readonly cells: Cells<HistogramCell>;

  /** @param options.bounds upper bounds, inclusive and rising, without +Inf */
  constructor(options: FamilyOptions & { readonly bounds: readonly number[] }) {
    this.name = options.name;
    this.help = options.help;
    this.bounds = options.bounds;
    this.cells = new Cells(options, () => new HistogramCell(options.bounds));
  }

  cell(...values: readonly string[]): HistogramCell {
    return this.cells.get(values);
  }

  snapshot(): FamilySnapshot {
    const series = this.cells.map((labels, { counts, sum, exemplars }) => ({
      labels,
      counts: Array.from(counts),
      sum,
      exemplars: exemplars.slice(),
    }));
    return { type: 'histogram', name: this.name, help: this.help, bounds: this.bounds, series };
  }
}
