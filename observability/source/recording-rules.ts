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

/** The share of a model's requests that were not answered, over a window. */
export function errorRatio(window: ErrorWindow): string {
  return `model:prediction_errors:ratio_rate${window}`;
}

export const RECORDING_GROUPS: readonly RecordingGroup[] = [
  {
    name: 'kilat-prediction-errors',
    interval: '30s',
    rules: ERROR_WINDOWS.map((window) => ({
      record: errorRatio(window),
      // Nothing where nothing was asked, and 0 where nothing failed.
      expr: `(
  sum by (model, version) (rate(prediction_requests_total{outcome=~"${ERRORS}"}[${window}]))
  or 0 * sum by (model, version) (rate(prediction_requests_total{outcome="ok"}[${window}]))
)
/ (sum by (model, version) (rate(prediction_requests_total{outcome!="invalid"}[${window}])) > 0)`,
    })),
  },
];
