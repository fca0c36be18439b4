import { ALERT_GROUPS, ALERTS } from './alerts.ts';
import type { GeneratedFile } from './files.ts';
import { RECORDING_GROUPS } from './recording-rules.ts';
import { DELIVERY_CASES } from './rule-cases-delivery.ts';
import { ERROR_CASES } from './rule-cases-errors.ts';
import { FEATURE_DRIFT_CASES } from './rule-cases-feature-drift.ts';
import { PREDICTION_DRIFT_CASES } from './rule-cases-prediction-drift.ts';
import { TIME_CASES } from './rule-cases-time.ts';
import { runbookUrl } from './runbooks.ts';
import { toYaml } from './yaml.ts';

/** What promtool is to see of an alert when it plays series to the rules. */
export interface RuleCase {
  /** The alert's name. */
  readonly alert: string;
  /** What happens, after the alert's name. */
  readonly when: string;
  /** Time between the values of a series; a minute unless it says otherwise. */
  readonly interval?: string;
  /** Values by series, in promtool's notation: `0+5x10` is 0 and ten steps of 5. The first is of time 0. */
  readonly series: Readonly<Record<string, string>>;
  /** Every alert of that name that fires at some times. */
  readonly firing: Readonly<Record<string, readonly FiringAlert[]>>;
  /** Times at which the alert's expression, without its threshold, gives nothing at all. */
  readonly nothing?: readonly string[];
  /** What is recorded at some times, to six places: by time and name every series, by its labels. */
  readonly recorded?: Readonly<Record<string, Readonly<Record<string, RecordedValues>>>>;
}

/** Values by labels, as in `model="iris",version="2"`. */
export type RecordedValues = Readonly<Record<string, number>>;

export interface FiringAlert {
  readonly labels: Readonly<Record<string, string>>;
  readonly summary: string;
  readonly description: string;
}

const CASES: readonly RuleCase[] = [
  ...TIME_CASES,
  ...ERROR_CASES,
  ...FEATURE_DRIFT_CASES,
  ...PREDICTION_DRIFT_CASES,
  ...DELIVERY_CASES,
];

/** Sums are of floating point, in an order of Prometheus' own. */
const PRECISION = 1e-6;

/** What queries are to give, beside alerts. */
function toQueries({ alert, nothing = [], recorded = {} }: RuleCase) {
  const expr = ALERTS.find(({ name }) => name === alert)?.expr;
  return [
    ...nothing.map((time) => ({ eval_time: time, expr, exp_samples: [] })),
    ...Object.entries(recorded).flatMap(([time, records]) =>
      Object.entries(records).map(([record, values]) => ({
        eval_time: time,
        expr: `round(${record}, ${PRECISION.toFixed(6)})`,
        exp_samples: Object.entries(values).map(([labels, value]) => ({
          labels: `{${labels}}`,
          value,
        })),
      })),
    ),
  ];
}

function toTest(given: RuleCase) {
  const { alert, when, interval = '1m', series, firing } = given;
  const queries = toQueries(given);
  return {
    name: `${alert}: ${when}`,
    interval,
    input_series: Object.entries(series).map(([name, values]) => ({ series: name, values })),
    alert_rule_test: Object.entries(firing).map(([time, alerts]) => ({
      eval_time: time,
      alertname: alert,
      exp_alerts: alerts.map(({ labels, summary, description }) => ({
        exp_labels: labels,
        exp_annotations: { summary, description, runbook_url: runbookUrl(alert) },
      })),
    })),
    ...(queries.length > 0 && { promql_expr_test: queries }),
  };
}

/** The tests of the rules: `promtool test rules observability/rules.test.yml`. */
export function rulesTestFiles(): GeneratedFile[] {
  const tests = {
    rule_files: ['rules/recording.yml', 'rules/alerts.yml'],
    evaluation_interval: '1m',
    // As promtool picks an order by chance otherwise, alerts would see what was recorded now or a minute ago.
    group_eval_order: [...RECORDING_GROUPS, ...Object.values(ALERT_GROUPS)].map(({ name }) => name),
    tests: CASES.map(toTest),
  };
  return [{ path: 'rules.test.yml', content: toYaml(tests, { indent: 2 }) }];
}
