import { MAIL_TEMPLATE } from './alertmanager-mail.ts';
import { type GeneratedFile, NOTICE } from './files.ts';

/** Alertmanager's configuration: who gets a mail about what, how soon, and how often. */
const CONFIGURATION = `# ${NOTICE}
#
# Alertmanager expands no environment variables: each \${NAME} below stands for a value that has to be put there before
# it starts. observability/alertmanager/start.sh does that, in observability/compose.yaml as anywhere else.

global:
  smtp_smarthost: '\${SMTP_SMARTHOST}'
  smtp_from: '\${SMTP_FROM}'
  # Empty for a relay that asks for none.
  smtp_auth_username: '\${SMTP_USERNAME}'
  smtp_auth_password: '\${SMTP_PASSWORD}'
  smtp_require_tls: \${SMTP_REQUIRE_TLS}

templates: ['mail.tmpl']

route:
  receiver: mail
  # One mail for everything that one alert has to say about one model, on however many instances.
  group_by: ['alertname', 'model']
  group_wait: 30s
  group_interval: 5m
  repeat_interval: 12h
  routes:
    # Somebody is to act now: say so again until it is over.
    - matchers: ['severity="critical"']
      receiver: mail
      group_wait: 10s
      repeat_interval: 1h
    # To be looked at in the days to come.
    - matchers: ['severity="info"']
      receiver: mail
      repeat_interval: 3d

inhibit_rules:
  # While an error budget is burning fast, the slower windows of the same model have nothing to add.
  - source_matchers: ['alertname="PredictionErrorBudgetBurn"', 'severity="critical"']
    target_matchers: ['alertname="PredictionErrorBudgetBurn"', 'severity!="critical"']
    equal: ['model', 'version']
  - source_matchers: ['alertname="PredictionErrorBudgetBurn"', 'severity="warning"']
    target_matchers: ['alertname="PredictionErrorBudgetBurn"', 'severity="info"']
    equal: ['model', 'version']

receivers:
  - name: mail
    email_configs:
      - to: '\${ALERT_EMAIL_ADDRESSES}'
        send_resolved: true
        headers:
          Subject: '{{ template "kilat.mail.subject" . }}'
        html: '{{ template "kilat.mail.html" . }}'
        text: '{{ template "kilat.mail.text" . }}'
`;

/** What Alertmanager is started with: its configuration, and the mail that it writes. */
export function alertmanagerFiles(): GeneratedFile[] {
  return [
    { path: 'alertmanager/alertmanager.yml', content: CONFIGURATION },
    { path: 'alertmanager/mail.tmpl', content: MAIL_TEMPLATE },
  ];
}
