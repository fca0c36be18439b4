import { alertText } from './alert-text.ts';
import { ALERT_GROUPS, ALERTS, type Alert, type AlertGroup } from './alerts.ts';
import { type GeneratedFile, NOTICE } from './files.ts';
import { RECORDING_GROUPS } from './recording-rules.ts';
import { runbookUrl } from './runbooks.ts';
import { toYaml } from './yaml.ts';

/** Prometheus beside one Kilat on Node, on the same machine. */
const CONFIGURATION = `# ${NOTICE}
#
# To watch Kilat elsewhere, copy this file and change the targets; the rules go with it. The name of the job stays
# 'kilat', since PredictionTargetDown asks for it.

global:
  scrape_interval: 15s
  evaluation_interval: 15s

rule_files: [rules/*.yml]

alerting:
  alertmanagers:
    - static_configs:
        - targets: ['localhost:9093']

scrape_configs:
  - job_name: kilat
    static_configs:
      # Every process by itself: a load balancer in front of several is no target. Where METRICS_TOKEN is set, add
      #   authorization: { credentials_file: <a file with the token in it> }
      - targets: ['localhost:8000']
`;

/** The expression as Prometheus wants it: it gives those series for which the alert fires. */
export function firingExpr({ expr, above }: Alert): string {
  return expr.includes('\n') ? `(\n${expr}\n) > ${above}` : `(${expr}) > ${above}`;
}

function toAlertingRule(alert: Alert) {
  const text = (source: string) => alertText(source, alert.unit, '$value');
  return {
    alert: alert.name,
    expr: firingExpr(alert),
    for: alert.for,
    labels: { severity: alert.severity, ...(alert.window && { window: alert.window }) },
    annotations: {
      summary: text(alert.summary),
      description: text(alert.description),
      runbook_url: runbookUrl(alert.name),
    },
  };
}

function alertingGroups() {
  const keys = Object.keys(ALERT_GROUPS) as AlertGroup[];
  return keys.map((key) => ({
    ...ALERT_GROUPS[key],
    rules: ALERTS.filter(({ group }) => group === key).map(toAlertingRule),
  }));
}

/** What Prometheus is started with: its configuration and its rules. */
export function prometheusFiles(): GeneratedFile[] {
  return [
    { path: 'prometheus.yml', content: CONFIGURATION },
    { path: 'rules/recording.yml', content: toYaml({ groups: RECORDING_GROUPS }, { indent: 2 }) },
    { path: 'rules/alerts.yml', content: toYaml({ groups: alertingGroups() }, { indent: 2 }) },
  ];
}
