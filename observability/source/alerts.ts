import { featureDrift, featureDriftRows, modelDrift, modelDriftRows } from './drift-rules.ts';
import {
  AVAILABILITY,
  DRIFT_PSI,
  DRIFT_ROWS,
  LATENCY_BUDGET_SECONDS,
  TOTAL_PREDICTION_SECONDS,
} from './objectives.ts';
import {
  type ErrorWindow,
  errorCount,
  errorRatio,
  type LongErrorWindow,
} from './recording-rules.ts';

/**
 * An alert, as Grafana and Prometheus both get it: it fires for each series of `expr` whose value is above `above` for
 * as long as `for` says. `{model}` in a text stands for that label of the series, `{model|every model}` also says what
 * to write for a series that has no such label, and `{value}` stands for its value.
 */
export interface Alert {
  readonly name: string;
  /** Tells alerts of one name apart: the longer window of those that watch an error budget. */
  readonly window?: LongErrorWindow;
  readonly group: AlertGroup;
  /** PromQL, without the threshold: it has a value also while all is well, so that graphs can show how far it is. */
  readonly expr: string;
  readonly above: number;
  /** How the value is read. */
  readonly unit: 'seconds' | 'ratio' | 'per second' | 'times' | 'count' | 'index';
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

/** Errors in the longer window, below which a share says nothing: one failed request of three is no outage. */
export const FEWEST_ERRORS = 5;

/** What the model of a request is called that ended before its model was known. */
const UNKNOWN_MODEL = "'unknown' stands for requests whose model was not ready.";

/** The smaller of two vectors, series by series. */
function lesser(a: string, b: string): string {
  return `(${a} <= ${b}) or ${b}`;
}

/** How many times as fast as the objective allows the error budget is being spent, over both windows. */
function burnRate(long: LongErrorWindow, short: ErrorWindow): string {
  // 1 - 0.999 is not 0.001 in binary.
  const budget = Number((1 - AVAILABILITY).toFixed(6));
  return `(${lesser(errorRatio(long), errorRatio(short))}) / ${budget}
* (${errorCount(long)} >= bool ${FEWEST_ERRORS})`;
}

/**
 * Multi-window, multi-burn-rate alerts: https://sre.google/workbook/alerting-on-slos/, table 5-8. Both windows have to
 * agree, so that it neither fires for what is over nor goes on for an hour after.
 */
function budgetBurn(
  [long, short]: readonly [LongErrorWindow, ErrorWindow],
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
    description: `Requests fail, time out or are turned away {value} times as often as an availability of ${AVAILABILITY * 100} % allows, over ${long} and over ${short}. ${UNKNOWN_MODEL}`,
    noData: 'OK',
  };
}

/**
 * For each process that Prometheus scrapes: 0 while it answers and has a model, and 1 while it does not. Where nothing
 * is scraped and metrics come by remote write alone, the same for all of them together.
 */
const DOWN = `0 * (up{job="kilat"} == 1 and on (job, instance) model_info)
or 0 * up{job="kilat"} + 1
or (absent(model_info) or 0 * count(model_info)) unless on () up{job="kilat"}`;

const LAST_DELIVERY = 'remote_write_last_success_timestamp_seconds';

/** Isolates that push for themselves, without a hub, end without a word: their silence says nothing. */
const LASTING_DELIVERY = `${LAST_DELIVERY}{instance!~"isolate-.*"}`;

/**
 * For each process that pushes: how long it has had samples waiting or refused without delivering any, and 0 while it
 * has none. That can be seen where it is scraped as well, or still gets some of them through.
 *
 * One that is heard of through its pushes alone is gone from every query five minutes after the last of them, and the
 * state that it was in then was good. So for an hour this gives how long it has been silent; but not where it has taken
 * leave with stale markers, or a scrape has failed, since then its last sample never got old before it was gone.
 */
const UNDELIVERED = `clamp_max(
  time() - ${LAST_DELIVERY}
    and (
      remote_write_pending_samples > 0
      or sum without (outcome) (rate(remote_write_samples_total{outcome!="sent"}[5m])) > 0
    ),
  86400
)
or 0 * remote_write_pending_samples
or (
  time() - max_over_time(timestamp(${LASTING_DELIVERY})[1h:1m])
    and max_over_time((time() - timestamp(${LASTING_DELIVERY}))[1h:1m]) > 200
)`;

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
    // Without runs a quantile is NaN, which Grafana might take for true; no comparison with it holds in PromQL.
    expr: 'histogram_quantile(0.95, sum by (model, version, le) (rate(prediction_time_seconds_bucket[5m]))) >= 0',
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
    expr: DOWN,
    above: 0,
    unit: 'count',
    for: '5m',
    severity: 'critical',
    summary: 'Kilat is down, or serves no model: {instance|nothing is heard of it}',
    description:
      'Prometheus cannot scrape {instance|any process}, or no model is loaded there: nobody gets predictions from it.',
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
    description: `For 5 minutes requests for {model} v{version} have been turned away, {value}, since too many wait already or the model is not ready. ${UNKNOWN_MODEL}`,
    noData: 'OK',
  },
  {
    name: 'FeatureDrift',
    group: 'service',
    expr: `${featureDrift('24h')} and ${featureDriftRows('24h')} >= ${DRIFT_ROWS}`,
    above: DRIFT_PSI,
    unit: 'index',
    for: '30m',
    severity: 'warning',
    summary: "Values of '{feature}' that {model} v{version} meets have drifted: PSI {value}",
    description: `Over 24 hours, '{feature}' is spread over the bins of its training data with a population stability index of {value}, above ${DRIFT_PSI}: {model} v{version} is asked about other rows than it has learned from, or the feature is measured or sent in another way.`,
    noData: 'OK',
  },
  {
    name: 'PredictionDrift',
    group: 'service',
    expr: `${modelDrift('24h')} and ${modelDriftRows('24h')} >= ${DRIFT_ROWS}`,
    above: DRIFT_PSI,
    unit: 'index',
    for: '30m',
    severity: 'warning',
    summary: 'Predictions of {model} v{version} have drifted: PSI {value}',
    description: `Over 24 hours, what {model} v{version} predicts is spread in another way than over its training data, with a population stability index of {value}, above ${DRIFT_PSI}.`,
    noData: 'OK',
  },
  {
    name: 'RemoteWriteStalled',
    group: 'service',
    expr: UNDELIVERED,
    above: 300,
    unit: 'seconds',
    for: '5m',
    severity: 'critical',
    summary: 'Metrics of {instance} do not arrive',
    description:
      'Samples wait on {instance} or are refused, or it has fallen silent, and none has been delivered for {value} (a day stands for longer, and for never): dashboards and alerts that live on pushed metrics see nothing.',
    noData: 'OK',
  },
];
