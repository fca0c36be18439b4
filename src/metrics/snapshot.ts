/**
 * What metrics are at one moment: plain data, which exposition, remote write and the hub pass on and keep.
 */

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

export interface ValueSnapshot {
  readonly type: 'counter' | 'gauge';
  readonly name: string;
  readonly help: string;
  readonly series: readonly ValueSeries[];
}

export type FamilySnapshot =
  | ValueSnapshot
  | {
      readonly type: 'histogram';
      readonly name: string;
      readonly help: string;
      /** Upper bounds, inclusive and rising, without +Inf. */
      readonly bounds: readonly number[];
      readonly series: readonly HistogramSeries[];
    };
