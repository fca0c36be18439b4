import type {
  AcceptedEvent,
  DriftReference,
  LoadedModel,
  ReferenceBins,
  RunEvent,
} from '../inference/types.ts';
import { BinCounts } from './bin-counts.ts';
import { nameBins } from './bin-names.ts';
import type { Catalog } from './catalog.ts';
import type { Gauge, ValueCell } from './family.ts';
import { RowSampler } from './row-sampler.ts';

export interface DriftOptions {
  /** Features of a model that are counted, the first ones of its card; at least 1. */
  readonly maxFeatures: number;
  /** Share of the rows that are counted, above 0 and at most 1. */
  readonly sample: number;
  /** From 0 up to but not including 1. */
  readonly random: () => number;
}

/** Bins that are being counted, and the cells that what is counted goes to. */
interface Counting {
  readonly counts: BinCounts;
  readonly sampler: RowSampler;
  /** Of each column of `counts`, those of its bins. */
  readonly cells: readonly (readonly ValueCell[])[];
}

interface CountedModel {
  readonly reference: DriftReference;
  readonly features: Counting;
  readonly predictions: Counting;
}

/**
 * Counts what models meet and predict by the bins of their training data, and shows the shares that these had. How far
 * the two have drifted apart is left to the database; see docs/decisions/006-drift-in-the-database.md.
 *
 * Counts are kept beside the metrics, where a value costs a few nanoseconds, and handed over when metrics are read.
 */
export class DriftCounters {
  private readonly catalog: Catalog;
  private readonly options: DriftOptions;
  /** By model and version, and also after it has been unloaded: requests that still have it are counted as well. */
  private readonly models = new Map<string, Map<string, CountedModel>>();

  constructor(catalog: Catalog, options: DriftOptions) {
    this.catalog = catalog;
    this.options = options;
    const settle = () => this.settle();
    catalog.predictionFeatureBin.beforeRead(settle);
    catalog.predictionOutputBin.beforeRead(settle);
  }

  /** Begins to count for a model, every bin at zero so that a rate sees its first value. */
  loaded(model: LoadedModel): void {
    const { name, version, drift } = model;
    // What its predecessor has counted goes by the bins of that one.
    this.settle();
    const versions = this.models.get(name) ?? new Map<string, CountedModel>();
    this.models.set(name, versions);
    versions.delete(version);
    if (!drift) return;
    for (const { gauge, labels, value } of this.shown(model)) gauge.cell(...labels).set(value);
    const { predictionFeatureBin, predictionOutputBin } = this.catalog;
    const features = drift.features.slice(0, this.options.maxFeatures);
    const featureCells = features.map((feature) =>
      nameBins(feature).map((bin) => predictionFeatureBin.cell(name, version, feature.name, bin)),
    );
    const predictions = drift.predictions ? [{ ...drift.predictions, column: 0 }] : [];
    const predictionCells = predictions.map((bins) =>
      nameBins(bins).map((bin) => predictionOutputBin.cell(name, version, bin)),
    );
    versions.set(version, {
      reference: drift,
      features: this.startCounting(features, featureCells),
      predictions: this.startCounting(predictions, predictionCells),
    });
  }

  /** What has been counted stays; the shares of training are of loaded models alone. */
  unloaded(model: LoadedModel): void {
    for (const { gauge, labels } of this.shown(model)) gauge.delete(...labels);
  }

  accepted({ model, version, inputs: [rows] }: AcceptedEvent): void {
    const counted = this.models.get(model)?.get(version);
    if (!counted || !rows) return;
    const { reference, features } = counted;
    // A graph may take rows of any length: only those of the card's have its features.
    if (features.cells.length === 0 || rows.shape[1] !== reference.width) return;
    features.counts.count(rows, reference.width, features.sampler);
  }

  /** Counts a regressor's predictions; a run that was not asked for them has none. */
  ran({ model, version, rows, outputs }: RunEvent): void {
    const counted = this.models.get(model)?.get(version);
    const output = counted?.reference.predictions?.output;
    const values = output && outputs?.find(({ name }) => name === output);
    if (!counted || !values || values.shape[0] !== rows || values.data.length !== rows) return;
    counted.predictions.counts.count(values, 1, counted.predictions.sampler);
  }

  private settle(): void {
    for (const versions of this.models.values()) {
      for (const { features, predictions } of versions.values()) {
        for (const { counts, cells } of [features, predictions]) {
          counts.drain((column, bin, count) => cells[column]?.[bin]?.add(count));
        }
      }
    }
  }

  private startCounting(
    columns: readonly { column: number; edges: readonly number[] }[],
    cells: Counting['cells'],
  ): Counting {
    const { sample, random } = this.options;
    return { counts: new BinCounts(columns), sampler: new RowSampler(sample, random), cells };
  }

  /** What a loaded model's card says of its training data. */
  private *shown({ name, version, drift }: LoadedModel): Generator<{
    gauge: Gauge;
    labels: readonly string[];
    value: number;
  }> {
    if (!drift) return;
    const {
      predictionFeatureReference,
      predictionOutputReference,
      predictionClassReference,
      predictionFeaturesLeftOut,
    } = this.catalog;
    const { features, classes, predictions } = drift;
    const counted = features.slice(0, this.options.maxFeatures);
    for (const feature of counted) {
      for (const [bin, value] of sharesOf(feature)) {
        const labels = [name, version, feature.name, bin];
        yield { gauge: predictionFeatureReference, labels, value };
      }
    }
    for (const [bin, value] of predictions ? sharesOf(predictions) : []) {
      yield { gauge: predictionOutputReference, labels: [name, version, bin], value };
    }
    for (const [label, value] of Object.entries(classes)) {
      yield { gauge: predictionClassReference, labels: [name, version, label], value };
    }
    const leftOut = features.length - counted.length;
    yield { gauge: predictionFeaturesLeftOut, labels: [name, version], value: leftOut };
  }
}

/** The share of training of each bin, by its name. */
function sharesOf(bins: ReferenceBins): (readonly [bin: string, share: number])[] {
  const shares = [...bins.shares, bins.missing];
  return nameBins(bins).map((name, i) => [name, shares[i] as number]);
}
