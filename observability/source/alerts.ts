import { AVAILABILITY, LATENCY_BUDGET_SECONDS, TOTAL_PREDICTION_SECONDS } from './objectives.ts';
import { type ErrorWindow, errorRatio } from './recording-rules.ts';

/**
 * An alert, as Grafana and Prometheus both get it: it fires for each series of `expr` whose value is above `above` for
 * as long as `for` says. `{model}` in a text stands for that label of the series, `{value}` for its value.
 */
export interface Alert {
  readonly name: string;
  /** Tells alerts of one name apart: the longer window of those that watch an error budget. */
  readonly window?: ErrorWindow;
  readonly group: AlertGroup;
  /** PromQL, without the threshold: it has a value also while all is well, so that graphs can show how far it is. */
  readonly expr: string;
  readonly above: number;
  /** How the value is read. */
  readonly unit: 'seconds' | 'ratio' | 'per second' | 'times' | 'count';
  readonly for: string;
  readonly severity: 'critical' | 'warning' | 'info';
  /** One line, for the subject of a mail. */
  readonly summary: string;
  readonly description: string;
  /** Who fires when the expression gives nothing: the alert, or nobody. */
  readonly noData: 'Alerting' | 'OK';
}

export const ALERT_GROUPS = {
  prediction: { name: 'Prediction Alert Group', interval: '1m' },
  service: { name: 'Kilat Service', interval: '1m' },
} as const;
export type AlertGroup = keyof typeof ALERT_GROUPS;

/** The smaller of two vectors, series by series. */
function lesser(a: string, b: string): string {
  return `(${a} <= ${b}) or ${b}`;
}

/** How many times as fast as the objective allows the error budget is being spent, over both windows. */
function burnRate(long: ErrorWindow, short: ErrorWindow): string {
  const budget = 1 - AVAILABILITY;
  // 1 - 0.999 is not 0.001 in binary.
  return `(${lesser(errorRatio(long), errorRatio(short))}) / ${Number(budget.toFixed(6))}`;
}

/**
 * Multi-window, multi-burn-rate alerts: https://sre.google/workbook/alerting-on-slos/, table 5-8. Both windows have to
 * agree, so that it neither fires for what is over nor goes on for an hour after.
 */
function budgetBurn(
  [long, short]: readonly [ErrorWindow, ErrorWindow],
  above: number,
  severity: Alert['severity'],
  wait: string,
): Alert {
  return {
    name: 'PredictionErrorBudgetBurn',
    window: long,
    group: 'service',
    expr: burnRate(long, short),
    above,
    unit: 'times',
    for: wait,
    severity,
    summary: 'Predictions of {model} v{version} fail too often',
    description: `Requests fail, time out or are turned away {value} times as often as an availability of ${AVAILABILITY * 100} % allows, over ${long} and over ${short}.`,
    noData: 'OK',
  };
}

export const ALERTS: readonly Alert[] = [
  {
    name: 'Alert_Prediction_Time',
    group: 'prediction',
    expr: 'prediction_time_seconds_sum',
    above: TOTAL_PREDICTION_SECONDS,
    unit: 'seconds',
    for: '0s',
    severity: 'warning',
    summary: 'Predictions of {model} v{version} have taken {value} in all',
    description: `All predictions of {model} v{version} on {instance} together have taken {value}, more than ${TOTAL_PREDICTION_SECONDS} s. The sum only grows while the process lives, so this stays; PredictionLatencyHigh is the one to page on.`,
    noData: 'OK',
  },
  {
    name: 'PredictionLatencyHigh',
    group: 'service',
    expr: 'histogram_quantile(0.95, sum by (model, version, le) (rate(prediction_time_seconds_bucket[5m])))',
    above: LATENCY_BUDGET_SECONDS,
    unit: 'seconds',
    for: '5m',
    severity: 'warning',
    summary: 'Predictions of {model} v{version} are slow: {value} at the 95th percentile',
    description: `One prediction in twenty of {model} v{version} takes {value} or longer, more than the budget of ${LATENCY_BUDGET_SECONDS * 1000} ms, over the last 5 minutes.`,
    noData: 'OK',
  },
  budgetBurn(['1h', '5m'], 14.4, 'critical', '2m'),
  budgetBurn(['6h', '30m'], 6, 'warning', '15m'),
  budgetBurn(['3d', '6h'], 1, 'info', '1h'),
  {
    name: 'PredictionTargetDown',
    group: 'service',
    expr: '(1 - up{job="kilat"}) or absent(model_info)',
    above: 0,
    unit: 'count',
    for: '5m',
    severity: 'critical',
    summary: 'Kilat is down, or serves no model',
    description:
      'Prometheus cannot scrape {instance}, or no process reports a model that it has loaded: nobody gets predictions there.',
    noData: 'Alerting',
  },
  {
    name: 'PredictionQueueSaturated',
    group: 'service',
    expr: 'sum by (model, version) (rate(prediction_requests_total{outcome="rejected"}[5m])) or 0 * sum by (model, version) (rate(prediction_requests_total[5m]))',
    above: 0,
    unit: 'per second',
    for: '5m',
    severity: 'warning',
    summary: 'Requests for {model} v{version} are turned away',
    description:
      '{value} requests for {model} v{version} are turned away, since too many wait already or the model is not ready.',
    noData: 'OK',
  },
  {
    name: 'RemoteWriteStalled',
    group: 'service',
    expr: '(time() - remote_write_last_success_timestamp_seconds) * (remote_write_pending_samples > bool 0)',
    above: 300,
    unit: 'seconds',
    for: '5m',
    severity: 'critical',
    summary: 'Metrics of {instance} do not arrive',
    description:
      'Samples are waiting on {instance}, and none has been delivered for {value}: dashboards and alerts that live on pushed metrics see nothing.',
    noData: 'OK',
  },
];
