import {
  NotificationSettingsBuilder,
  QueryBuilder,
  type Rule,
  RuleBuilder,
} from '@grafana/grafana-foundation-sdk/alerting';
import { TypeReduceBuilder, TypeThresholdBuilder } from '@grafana/grafana-foundation-sdk/expr';
import { DataqueryBuilder, QueryEditorMode } from '@grafana/grafana-foundation-sdk/prometheus';
import { alertText } from './alert-text.ts';
import type { Alert } from './alerts.ts';
import { DATASOURCE } from './grafana-datasource.ts';
import { runbookUrl } from './runbooks.ts';

/** The folder that the rules lie in. */
export const FOLDER = 'Kilat';

/** Grafana's own data source for steps that compute with what others gave. */
const EXPRESSIONS = { type: '__expr__', uid: '__expr__' };

/** Seconds back that an instant query may look; Prometheus itself looks back five minutes. */
const LOOK_BACK = { from: 600, to: 0 };
/** Steps that compute have no time of their own. */
const NO_TIME = { from: 0, to: 0 };

/**
 * Strict, for a reducer: NaN stays NaN, and a missing value stays missing. It is the empty text in Grafana
 * (pkg/expr/mathexp/reduce.go), which the builders' type leaves out.
 */
const STRICT = '' as 'dropNN';

/** Titles are unique within a folder, and uids within Grafana. */
export function ruleTitle({ name, window }: Alert): string {
  return window ? `${name}_${window}` : name;
}

function queryStep({ expr }: Alert): QueryBuilder {
  const model = new DataqueryBuilder()
    .refId('A')
    .datasource(DATASOURCE)
    .editorMode(QueryEditorMode.Code)
    .expr(expr)
    .instant()
    .intervalMs(1000)
    .maxDataPoints(43200)
    .legendFormat('__auto');
  return new QueryBuilder('A')
    .relativeTimeRange(LOOK_BACK)
    .datasourceUid(DATASOURCE.uid)
    .model(model);
}

function reduceStep(): QueryBuilder {
  const model = new TypeReduceBuilder()
    .refId('B')
    .datasource(EXPRESSIONS)
    .expression('A')
    .reducer('last')
    .settings({ mode: STRICT });
  return new QueryBuilder('B')
    .relativeTimeRange(NO_TIME)
    .datasourceUid(EXPRESSIONS.uid)
    .model(model);
}

function thresholdStep({ above }: Alert): QueryBuilder {
  const model = new TypeThresholdBuilder()
    .refId('C')
    .datasource(EXPRESSIONS)
    .expression('B')
    .conditions([{ evaluator: { type: 'gt', params: [above] } }]);
  return new QueryBuilder('C')
    .relativeTimeRange(NO_TIME)
    .datasourceUid(EXPRESSIONS.uid)
    .model(model);
}

/**
 * A rule as Grafana's HTTP API has it.
 *
 * @param receiver the contact point that hears of it, past the notification policies; without one they decide
 */
export function grafanaRule(alert: Alert, receiver?: string): Rule {
  const title = ruleTitle(alert);
  // Annotations are templates of their own, which Grafana's files leave as they are.
  const text = (source: string) => alertText(source, alert.unit, '$values.B.Value');
  const rule = new RuleBuilder(title)
    .uid(title)
    .queries([queryStep(alert), reduceStep(), thresholdStep(alert)])
    .condition('C')
    .noDataState(alert.noData)
    // A Prometheus that does not answer is an alert of its own, DatasourceError, with the labels of the rule.
    .execErrState('Error')
    .forDuration(alert.for)
    .annotations({
      summary: text(alert.summary),
      description: text(alert.description),
      runbook_url: runbookUrl(alert.name),
    })
    .labels({ severity: alert.severity, ...(alert.window && { window: alert.window }) })
    .isPaused(false);
  if (receiver) rule.notificationSettings(new NotificationSettingsBuilder().receiver(receiver));
  return rule.build();
}
