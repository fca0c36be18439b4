import { LabelTree } from './label-tree.ts';
import type {
  Exemplar,
  FamilySnapshot,
  HistogramSeries,
  Labels,
  ValueSeries,
  ValueSnapshot,
} from './snapshot.ts';

/**
 * Metric families: the numbers themselves.
 *
 * A family hands out one cell per set of label values; a recorder keeps the cell and adds to it, which costs
 * a few nanoseconds. Everything that reads (exposition, remote write, deltas) goes through `snapshot`.
 */

export interface FamilyOptions {
  readonly name: string;
  readonly help: string;
  /** Label names, in the order in which `cell` takes their values. */
  readonly labels: readonly string[];
  /** A gauge that means nothing outside its process: it is not carried to where totals are kept. */
  readonly perProcess?: boolean;
  /** Labels of which many values change at once: series that differ in them alone are kept in one row of storage. */
  readonly keptTogether?: readonly string[];
}

/** What every family can do, whatever it counts. */
export interface Family {
  readonly name: string;
  readonly help: string;
  readonly labels: readonly string[];
  readonly perProcess: boolean;
  readonly keptTogether: readonly string[];
  /** The numbers as they stand. */
  snapshot(): FamilySnapshot;
  /**
   * What has been counted since the last call, which starts counting from zero again; of gauges those that have
   * changed. A series that is new is in it even at zero, so that its beginning is known.
   */
  take(): FamilySnapshot;
}

/** Cells by their label values. */
abstract class CellFamily<Cell> implements Family {
  readonly name: string;
  readonly help: string;
  readonly labels: readonly string[];
  readonly perProcess: boolean;
  readonly keptTogether: readonly string[];
  private readonly root = new LabelTree<Entry<Cell>>();
  private readonly entries = new Set<Entry<Cell>>();
  private readonly settlers: (() => void)[] = [];

  constructor({ name, help, labels, perProcess = false, keptTogether = [] }: FamilyOptions) {
    this.name = name;
    this.help = help;
    this.labels = labels;
    this.perProcess = perProcess;
    this.keptTogether = keptTogether;
  }

  /** The cell of these label values, in the order of `labels`; made at zero on first use. */
  cell(...values: readonly string[]): Cell {
    if (values.length !== this.labels.length) {
      const expected = this.labels.join(', ') || 'no labels';
      throw new Error(`${this.name} takes ${expected}, got ${values.length} values`);
    }
    const node = this.root.find(values);
    node.entry ??= this.createEntry(values);
    return node.entry.cell;
  }

  /** Ends the series of these label values. */
  delete(...values: readonly string[]): void {
    const entry = this.root.remove(values);
    if (entry) this.entries.delete(entry);
  }

  /** Lets something that counts beside the cells, where it is faster, hand over what it has before they are read. */
  beforeRead(settle: () => void): void {
    this.settlers.push(settle);
  }

  private createEntry(values: readonly string[]): Entry<Cell> {
    const labels = Object.fromEntries(this.labels.map((name, i) => [name, values[i] as string]));
    const entry = { labels, cell: this.createCell(), taken: false };
    this.entries.add(entry);
    return entry;
  }

  abstract snapshot(): FamilySnapshot;
  abstract take(): FamilySnapshot;
  protected abstract createCell(): Cell;

  protected mapCells<T>(read: (labels: Labels, cell: Cell) => T): T[] {
    for (const settle of this.settlers) settle();
    return Array.from(this.entries, ({ labels, cell }) => read(labels, cell));
  }

  /** Reads the cells that have changed, and those that have never been read, and resets them. */
  protected takeCells<T>(
    changed: (cell: Cell) => boolean,
    read: (labels: Labels, cell: Cell) => T,
    reset: (cell: Cell) => void,
  ): T[] {
    for (const settle of this.settlers) settle();
    const taken: T[] = [];
    for (const entry of this.entries) {
      if (entry.taken && !changed(entry.cell)) continue;
      taken.push(read(entry.labels, entry.cell));
      reset(entry.cell);
      entry.taken = true;
    }
    return taken;
  }
}

interface Entry<Cell> {
  readonly labels: Labels;
  readonly cell: Cell;
  taken: boolean;
}

export class ValueCell {
  value = 0;

  /** @param amount not negative in a counter */
  add(amount: number): void {
    this.value += amount;
  }

  /** A gauge's way to change; a counter is set only where it is taken or restored. */
  set(value: number): void {
    this.value = value;
  }
}

const readValue = (labels: Labels, { value }: ValueCell): ValueSeries => ({ labels, value });

export class Counter extends CellFamily<ValueCell> {
  protected createCell(): ValueCell {
    return new ValueCell();
  }

  snapshot(): ValueSnapshot {
    const { name, help } = this;
    return { type: 'counter', name, help, series: this.mapCells(readValue) };
  }

  take(): ValueSnapshot {
    const { name, help } = this;
    const series = this.takeCells(
      ({ value }) => value !== 0,
      readValue,
      (cell) => cell.set(0),
    );
    return { type: 'counter', name, help, series };
  }
}

class GaugeCell extends ValueCell {
  /** Its value when it was last taken. */
  taken: number | undefined;
}

export class Gauge extends CellFamily<GaugeCell> {
  protected createCell(): GaugeCell {
    return new GaugeCell();
  }

  snapshot(): ValueSnapshot {
    const { name, help } = this;
    return { type: 'gauge', name, help, series: this.mapCells(readValue) };
  }

  take(): ValueSnapshot {
    const { name, help } = this;
    const series = this.takeCells(
      ({ value, taken }) => value !== taken,
      readValue,
      (cell) => {
        cell.taken = cell.value;
      },
    );
    return { type: 'gauge', name, help, series };
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

  reset(): void {
    this.counts.fill(0);
    this.sum = 0;
    this.exemplars.fill(undefined);
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
    return { type: 'histogram', name, help, bounds, series: this.mapCells(readHistogram) };
  }

  take(): FamilySnapshot {
    const { name, help, bounds } = this;
    const series = this.takeCells(
      ({ counts }) => counts.some((count) => count > 0),
      readHistogram,
      (cell) => cell.reset(),
    );
    return { type: 'histogram', name, help, bounds, series };
  }
}

function readHistogram(labels: Labels, { counts, sum, exemplars }: HistogramCell): HistogramSeries {
  return { labels, counts: Array.from(counts), sum, exemplars: exemplars.slice() };
}
