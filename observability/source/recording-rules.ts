import { DRIFT_GROUP } from './drift-rules.ts';
import { ERRORS } from './objectives.ts';

/** A series that Prometheus computes ahead, for alerts and dashboards that look over hours. */
export interface RecordingRule {
  /** As `level:metric:operation` (https://prometheus.io/docs/practices/rules/). */
  readonly record: string;
  readonly expr: string;
}

export interface RecordingGroup {
  readonly name: string;
  readonly interval: string;
  readonly rules: readonly RecordingRule[];
}

/** Windows that the error budget is watched over. */
export const ERROR_WINDOWS = ['5m', '30m', '1h', '6h', '3d'] as const;
export type ErrorWindow = (typeof ERROR_WINDOWS)[number];

/** Windows that errors are counted over as well: the longer ones of alerts, which want more than one or two. */
export const LONG_ERROR_WINDOWS = ['1h', '6h', '3d'] as const;
export type LongErrorWindow = (typeof LONG_ERROR_WINDOWS)[number];

/** The share of a model's requests that were not answered, over a window. */
export function errorRatio(window: ErrorWindow): string {
  return `model:prediction_errors:ratio_rate${window}`;
}

/** How many of a model's requests were not answered, over a window. */
export function errorCount(window: LongErrorWindow): string {
  return `model:prediction_errors:increase${window}`;
}

/** What counts for or against the availability: a request that was wrong is its sender's affair. */
function requests(selector: string, window: ErrorWindow): string {
  return `rate(prediction_requests_total{${selector}}[${window}])`;
}

/**
 * Nothing where nothing was asked, and 0 where nothing failed.
 *
 * Requests that ended before their model was known have the model `unknown`; what is in it are errors alone, as while a
 * model is not ready. Its share is of all requests together: a share of its own would be 1 after a single one.
 */
function errorRatioRule(window: ErrorWindow): RecordingRule {
  return {
    record: errorRatio(window),
    expr: `(
  sum by (model, version) (${requests(`outcome=~"${ERRORS}"`, window)})
  or 0 * sum by (model, version) (${requests('outcome!="invalid"', window)})
)
/ (
  (
    sum by (model, version) (${requests('model!="unknown",outcome!="invalid"', window)})
    or 0 * sum by (model, version) (${requests('model="unknown",outcome!="invalid"', window)})
      + on () group_left () sum(${requests('outcome!="invalid"', window)})
  ) > 0
)`,
  };
}

function errorCountRule(window: LongErrorWindow): RecordingRule {
  return {
    record: errorCount(window),
    expr: `sum by (model, version) (increase(prediction_requests_total{outcome=~"${ERRORS}"}[${window}]))
or 0 * sum by (model, version) (${requests('outcome!="invalid"', window)})`,
  };
}

export const RECORDING_GROUPS: readonly RecordingGroup[] = [
  {
    name: 'kilat-prediction-errors',
    interval: '30s',
    rules: [...ERROR_WINDOWS.map(errorRatioRule), ...LONG_ERROR_WINDOWS.map(errorCountRule)],
  },
  DRIFT_GROUP,
];
