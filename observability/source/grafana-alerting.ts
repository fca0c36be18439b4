import {
  NotificationTemplateBuilder,
  type Rule,
  RuleGroupBuilder,
} from '@grafana/grafana-foundation-sdk/alerting';
import { ALERT_GROUPS, ALERTS, type AlertGroup } from './alerts.ts';
import type { GeneratedFile } from './files.ts';
import { MAIL_TEMPLATE } from './grafana-mail.ts';
import {
  CONTACT_POINTS_COMMENT,
  contactPoints,
  EMAIL,
  notificationPolicy,
  POLICIES_COMMENT,
} from './grafana-notifications.ts';
import { FOLDER, grafanaRule } from './grafana-rule.ts';
import { toYaml } from './yaml.ts';

/** Every file that Grafana provisions is of this form, and of the organisation that it begins with. */
const VERSION = { apiVersion: 1 };
const ORGANISATION = { orgId: 1 };

/** A rule in the form of Grafana's export: keys in its order, without what its group says. */
function toFileRule(rule: Rule) {
  return {
    uid: rule.uid,
    title: rule.title,
    condition: rule.condition,
    data: rule.data.map(({ refId, relativeTimeRange, datasourceUid, model }) => ({
      refId,
      relativeTimeRange,
      datasourceUid,
      // Builders leave a marker in it that is no data.
      model: JSON.parse(JSON.stringify(model)),
    })),
    noDataState: rule.noDataState,
    execErrState: rule.execErrState,
    for: rule.for,
    annotations: rule.annotations,
    labels: rule.labels,
    isPaused: rule.isPaused,
    notification_settings: rule.notification_settings,
  };
}

/** @param receiver the contact point that hears of these rules, past the notification policies */
function ruleGroupFile(key: AlertGroup, receiver?: string): string {
  const { name, interval } = ALERT_GROUPS[key];
  const rules = ALERTS.filter(({ group }) => group === key);
  const group = new RuleGroupBuilder(name)
    .rules(rules.map((alert) => ({ build: () => grafanaRule(alert, receiver) })))
    .build();
  return toYaml(
    {
      ...VERSION,
      groups: [
        {
          ...ORGANISATION,
          name: group.title,
          folder: FOLDER,
          interval,
          rules: group.rules?.map(toFileRule),
        },
      ],
    },
    { indent: 4 },
  );
}

function contactPointsFile(): string {
  const points = contactPoints().map(({ name, uid, type, settings, disableResolveMessage }) => ({
    ...ORGANISATION,
    name,
    receivers: [{ uid, type, settings, disableResolveMessage }],
  }));
  return toYaml(
    { ...VERSION, contactPoints: points },
    { indent: 4, comment: CONTACT_POINTS_COMMENT },
  );
}

function policiesFile(): string {
  const policies = [{ ...ORGANISATION, ...notificationPolicy() }];
  return toYaml({ ...VERSION, policies }, { indent: 4, comment: POLICIES_COMMENT });
}

function templatesFile(): string {
  const { name, template } = new NotificationTemplateBuilder()
    .name('kilat')
    .template(MAIL_TEMPLATE)
    .build();
  return toYaml({ ...VERSION, templates: [{ ...ORGANISATION, name, template }] }, { indent: 4 });
}

/** What Grafana alerts on, and whom it tells: rules, contact points, policies and the mail. */
export function grafanaAlertingFiles(): GeneratedFile[] {
  const folder = 'grafana/provisioning/alerting';
  return [
    // It goes straight to the email contact point, whatever becomes of the policies.
    {
      path: `${folder}/prediction-alert-group.yaml`,
      content: ruleGroupFile('prediction', EMAIL),
    },
    { path: `${folder}/service-alert-group.yaml`, content: ruleGroupFile('service') },
    { path: `${folder}/contact-points.yaml`, content: contactPointsFile() },
    { path: `${folder}/policies.yaml`, content: policiesFile() },
    { path: `${folder}/templates.yaml`, content: templatesFile() },
  ];
}
