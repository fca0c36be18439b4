import { DRIFT_FLOOR } from './objectives.ts';
import type { RecordingGroup, RecordingRule } from './recording-rules.ts';

/** Windows that drift is computed over: one to see when it began, and one with a whole day's round in it. */
export const DRIFT_WINDOWS = ['1h', '24h'] as const;
export type DriftWindow = (typeof DRIFT_WINDOWS)[number];

/** The share of training in each bin of a feature, and of what a model predicts. */
export const FEATURE_REFERENCE = 'bin:prediction_feature_reference:ratio';
export const MODEL_REFERENCE = 'bin:prediction_reference:ratio';

/** How many rows were counted in each bin of a feature, and of what a model predicts. */
export const featureBins = (window: DriftWindow) => `bin:prediction_feature_rows:increase${window}`;
export const modelBins = (window: DriftWindow) => `bin:prediction_rows:increase${window}`;

/** How many rows there are to judge by; none where there can be no verdict. */
export const featureDriftRows = (window: DriftWindow) => `feature:prediction_drift_rows:${window}`;
export const modelDriftRows = (window: DriftWindow) => `model:prediction_drift_rows:${window}`;

/** The population stability index. */
export const featureDrift = (window: DriftWindow) => `feature:prediction_drift_psi:${window}`;
export const modelDrift = (window: DriftWindow) => `model:prediction_drift_psi:${window}`;

const FEATURE_BIN = 'model, version, feature, bin';
const MODEL_BIN = 'model, version, bin';

/** A class is a bin of what a classifier predicts. */
function asBin(classes: string): string {
  return `label_replace(${classes}, "bin", "$1", "class", "(.*)")`;
}

/**
 * Every process that has a model says the same of it. A class that was predicted and that training does not have, such as
 * `other`, is one with the share 0.
 */
const REFERENCE_RULES: readonly RecordingRule[] = [
  {
    record: FEATURE_REFERENCE,
    expr: `max by (${FEATURE_BIN}) (prediction_feature_reference_ratio)`,
  },
  {
    record: MODEL_REFERENCE,
    expr: `max by (${MODEL_BIN}) (prediction_output_reference_ratio)
or max by (${MODEL_BIN}) (${asBin('prediction_class_reference_ratio')})
or 0 * (${modelBins('24h')} and on (model, version) prediction_class_reference_ratio)`,
  },
];

/** The heavy part, once for each window: a day of a bin has thousands of samples. Processes are added up, isolates too. */
function countingRules(window: DriftWindow): RecordingRule[] {
  const increase = (counter: string) => `increase(${counter}[${window}])`;
  return [
    {
      record: featureBins(window),
      expr: `sum by (${FEATURE_BIN}) (${increase('prediction_feature_bin_total')})`,
    },
    {
      record: modelBins(window),
      expr: `sum by (${MODEL_BIN}) (${increase('prediction_output_bin_total')})
or sum by (${MODEL_BIN}) (${asBin(increase('prediction_class_total'))})`,
    },
  ];
}

/** What is compared, by the names of what is recorded of it. */
interface Compared {
  /** What there is one index for. */
  readonly by: string;
  readonly reference: string;
  readonly bins: string;
  readonly rows: string;
  readonly psi: string;
}

/**
 * Nothing where two cards are mixed, as after one has taken the place of another with other bins: while both are told of
 * their shares add up to more than 1, and after that there are counts in bins that training does not have.
 */
function rowsRule({ by, reference, bins, rows }: Compared): RecordingRule {
  return {
    record: rows,
    expr: `sum by (${by}) (${bins} and ${reference})
unless sum by (${by}) (${bins} unless ${reference}) > 0
and abs(sum by (${by}) (${reference}) - 1) < 0.01`,
  };
}

/**
 * The sum over all bins of (a - e) ln(a / e): `a` is the share of a bin among the rows of the window, and `e` among the
 * rows of training. No bin of training is left out: one without a counter has the least share, as one without rows.
 */
function psiRule({ by, reference, bins, rows, psi }: Compared): RecordingRule {
  const actual = `clamp_min(
      (${bins} and ${reference} or 0 * ${reference})
      / on (${by}) group_left () (${rows} > 0),
      ${DRIFT_FLOOR}
    )`;
  const expected = `clamp_min(${reference}, ${DRIFT_FLOOR})`;
  return {
    record: psi,
    expr: `sum by (${by}) (
  (
    ${actual}
    - ${expected}
  )
  * ln(
    ${actual}
    / ${expected}
  )
)`,
  };
}

function driftRules(window: DriftWindow): RecordingRule[] {
  const features = {
    by: 'model, version, feature',
    reference: FEATURE_REFERENCE,
    bins: featureBins(window),
    rows: featureDriftRows(window),
    psi: featureDrift(window),
  };
  const models = {
    by: 'model, version',
    reference: MODEL_REFERENCE,
    bins: modelBins(window),
    rows: modelDriftRows(window),
    psi: modelDrift(window),
  };
  return [features, models].flatMap((each) => [rowsRule(each), psiRule(each)]);
}

/** In this order: a rule sees what the ones before it in its group have recorded of the same moment. */
export const DRIFT_GROUP: RecordingGroup = {
  name: 'kilat-drift',
  interval: '1m',
  rules: [
    ...DRIFT_WINDOWS.flatMap(countingRules),
    ...REFERENCE_RULES,
    ...DRIFT_WINDOWS.flatMap(driftRules),
  ],
};
