import {
  type ContactPoint,
  ContactPointBuilder,
  type NotificationPolicy,
  NotificationPolicyBuilder,
} from '@grafana/grafana-foundation-sdk/alerting';
import { MESSAGE, SUBJECT } from './grafana-mail.ts';

/** The contact points, by the names that rules and policies know them by. */
export const EMAIL = 'Kilat email';
export const WEBHOOK = 'Kilat webhook';

export const CONTACT_POINTS_COMMENT = `Addresses are separated by ';'. Grafana does not start while ALERT_EMAIL_ADDRESSES is unset: alerts that nobody hears of
are worse.

ALERT_WEBHOOK_URL may be left unset. Grafana does not start with a webhook whose address is empty, hence the '#' at its
end, which is never sent. Nothing goes there until ALERT_WEBHOOK_SEVERITIES says what should: see policies.yaml.`;

export const POLICIES_COMMENT = `This replaces the whole tree of policies of the organisation.

ALERT_WEBHOOK_SEVERITIES is a regular expression of what the webhook hears of beside the mail, such as critical or
critical|warning. Unset it is empty, and no severity matches it. A rule that names its contact point by itself, as
Alert_Prediction_Time does, passes this tree by.`;

/** A variable that Grafana replaces when it reads the file. */
function environment(name: string): string {
  return `\${${name}}`;
}

export function contactPoints(): ContactPoint[] {
  const email = new ContactPointBuilder()
    .name(EMAIL)
    .uid('kilat-email')
    .type('email')
    .settings({
      addresses: environment('ALERT_EMAIL_ADDRESSES'),
      singleEmail: false,
      subject: `{{ template "${SUBJECT}" . }}`,
      message: `{{ template "${MESSAGE}" . }}`,
    });
  const webhook = new ContactPointBuilder()
    .name(WEBHOOK)
    .uid('kilat-webhook')
    .type('webhook')
    .settings({ url: `${environment('ALERT_WEBHOOK_URL')}#`, httpMethod: 'POST' });
  return [email, webhook].map((point) => point.disableResolveMessage(false).build());
}

/** The same grouping and pace as observability/alertmanager/alertmanager.yml. */
export function notificationPolicy(): NotificationPolicy {
  const toWebhook = new NotificationPolicyBuilder()
    .receiver(WEBHOOK)
    .objectMatchers([
      ['severity', '=~', environment('ALERT_WEBHOOK_SEVERITIES')],
      // An empty expression matches a severity that is not there.
      ['severity', '!=', ''],
    ])
    .continueVal(true);
  const critical = new NotificationPolicyBuilder()
    .receiver(EMAIL)
    .objectMatchers([['severity', '=', 'critical']])
    .groupWait('10s')
    .repeatInterval('1h');
  const information = new NotificationPolicyBuilder()
    .receiver(EMAIL)
    .objectMatchers([['severity', '=', 'info']])
    .repeatInterval('3d');
  return new NotificationPolicyBuilder()
    .receiver(EMAIL)
    .groupBy(['grafana_folder', 'alertname', 'model'])
    .groupWait('30s')
    .groupInterval('5m')
    .repeatInterval('12h')
    .routes([toWebhook, critical, information])
    .build();
}
