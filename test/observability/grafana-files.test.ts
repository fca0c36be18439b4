import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import * as z from 'zod';
import { ALERT_GROUPS, ALERTS } from '../../observability/source/alerts.ts';
import { grafanaAlertingFiles } from '../../observability/source/grafana-alerting.ts';
import { grafanaDatasourceFiles } from '../../observability/source/grafana-datasource.ts';
import { ruleTitle } from '../../observability/source/grafana-rule.ts';
import { misplacedKeys, PROVISIONING_KEYS } from './provisioning-keys.ts';

const FILES = [...grafanaAlertingFiles(), ...grafanaDatasourceFiles()].map(({ path, content }) => ({
  name: path.replace('grafana/provisioning/', ''),
  content,
  value: parse(content) as unknown,
}));

/** Variables of the environment that the files ask for. */
const VARIABLES = new Set([
  'ALERT_EMAIL_ADDRESSES',
  'ALERT_WEBHOOK_SEVERITIES',
  'ALERT_WEBHOOK_URL',
  'PROMETHEUS_URL',
]);

const text = z.string().min(1);
const step = z.object({
  refId: z.string(),
  relativeTimeRange: z.object({ from: z.number(), to: z.number() }),
  datasourceUid: z.string(),
  model: z.record(z.string(), z.unknown()),
});
const rule = z.object({
  uid: text.max(40).regex(/^[\w-]+$/),
  title: text,
  condition: z.string(),
  data: z.tuple([step, step, step]),
  noDataState: z.enum(['NoData', 'Alerting', 'OK', 'KeepLast']),
  execErrState: z.enum(['Error', 'Alerting', 'OK', 'KeepLast']),
  for: z.string(),
  annotations: z.object({ summary: text, description: text, runbook_url: z.url() }),
  labels: z.record(z.string(), z.string()),
  isPaused: z.literal(false),
  notification_settings: z
    .object({ receiver: z.string(), group_by: z.array(z.string()) })
    .optional(),
});
type Rule = z.infer<typeof rule>;
const groupFile = z.object({
  apiVersion: z.literal(1),
  groups: z.tuple([
    z.object({
      orgId: z.literal(1),
      name: z.string(),
      folder: z.literal('Kilat'),
      interval: z.string(),
      rules: z.array(rule),
    }),
  ]),
});

function file(name: string): unknown {
  return FILES.find((each) => each.name === name)?.value;
}

function group(name: 'prediction' | 'service') {
  return groupFile.parse(file(`alerting/${name}-alert-group.yaml`)).groups[0];
}

const RULES = [...group('prediction').rules, ...group('service').rules];

/** Texts that Grafana puts the environment into when it reads them: not those of queries, annotations and templates. */
function interpolated(value: unknown, key = ''): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  if (['model', 'annotations', 'templates'].includes(key)) return [];
  return Object.entries(value).flatMap(([inner, each]) => interpolated(each, inner));
}

describe('the files that Grafana is provisioned with', () => {
  it.each(FILES)('have only keys that Grafana reads, in its order: $name', ({ value }) => {
    expect(misplacedKeys(value, PROVISIONING_KEYS)).toEqual([]);
  });

  it('would be caught with a key that Grafana drops', () => {
    const [first] = group('prediction').rules;
    const misspelt = { apiVersion: 1, groups: [{ rules: [{ ...first, noDataSate: 'OK' }] }] };
    expect(misplacedKeys(misspelt, PROVISIONING_KEYS)).toContain('.groups[0].rules[0].noDataSate');
  });

  it.each(FILES)('take no more than their variables from the environment: $name', ({ value }) => {
    const unescaped = interpolated(value)
      .map((each) => each.replaceAll('$$', ''))
      .map((each) =>
        each.replaceAll(/\$\{(\w+)\}/g, (all, name) => (VARIABLES.has(name) ? '' : all)),
      );
    expect(unescaped.filter((each) => each.includes('$'))).toEqual([]);
  });

  it('are indented by four spaces, as Grafana writes them', () => {
    for (const { content } of FILES) {
      const indents = content.split('\n').map((line) => /^ *(?=\w)/.exec(line)?.[0].length ?? 0);
      expect(indents.filter((indent) => indent % 2 === 1)).toEqual([]);
      expect(content).toMatch(/^ {4}- /m);
    }
  });
});

describe('the rules of Grafana', () => {
  it('are the alerts, each once, in their groups', () => {
    expect(RULES.map(({ title }) => title)).toEqual(
      ALERTS.toSorted((a, b) => Number(a.group > b.group) - Number(a.group < b.group)).map(
        ruleTitle,
      ),
    );
    expect(new Set(RULES.map(({ uid }) => uid)).size).toBe(ALERTS.length);
    expect(group('prediction')).toMatchObject({ name: 'Prediction Alert Group', interval: '1m' });
    expect(group('service')).toMatchObject(ALERT_GROUPS.service);
  });

  it.each(RULES)(
    'query, reduce and compare in three steps: $title',
    ({ title, condition, data }) => {
      const alert = ALERTS.find((each) => ruleTitle(each) === title);
      const [query, reduction, threshold] = data;
      expect(condition).toBe('C');
      expect(query).toMatchObject({
        refId: 'A',
        relativeTimeRange: { from: 600, to: 0 },
        datasourceUid: 'prometheus',
        model: { refId: 'A', expr: alert?.expr, instant: true, range: false, editorMode: 'code' },
      });
      expect(reduction).toMatchObject({
        refId: 'B',
        datasourceUid: '__expr__',
        // The empty mode is Strict.
        model: {
          refId: 'B',
          type: 'reduce',
          expression: 'A',
          reducer: 'last',
          settings: { mode: '' },
        },
      });
      expect(threshold).toMatchObject({
        refId: 'C',
        datasourceUid: '__expr__',
        model: { refId: 'C', type: 'threshold', expression: 'B' },
      });
      expect(threshold.model.conditions).toEqual([
        { evaluator: { type: 'gt', params: [alert?.above] } },
      ]);
    },
  );

  it.each(RULES)('say the same as the alert: $title', (given: Rule) => {
    const alert = ALERTS.find((each) => ruleTitle(each) === given.title);
    expect(given).toMatchObject({
      uid: given.title,
      for: alert?.for,
      noDataState: alert?.noData,
      execErrState: 'Error',
      labels: { severity: alert?.severity, ...(alert?.window && { window: alert.window }) },
    });
    for (const each of Object.values(given.annotations)) {
      // Every placeholder is filled; `$value` is a text in Grafana, and `${` would be taken for a variable.
      expect(each.replaceAll(/\{\{.*?\}\}/g, '')).not.toMatch(/[{}]/);
      expect(each).not.toMatch(/\$value\b|\$\{/);
    }
  });

  it('send Alert_Prediction_Time, at once, to the email contact point', () => {
    const [first, ...others] = group('prediction').rules;
    expect(others).toEqual([]);
    expect(first).toMatchObject({
      title: 'Alert_Prediction_Time',
      for: '0s',
      notification_settings: { receiver: 'Kilat email' },
    });
    expect(first?.data[0].model.expr).toBe('prediction_time_seconds_sum');
    expect(first?.data[2].model.conditions).toEqual([{ evaluator: { type: 'gt', params: [3] } }]);
  });
});

describe('the notifications of Grafana', () => {
  const points = z
    .object({
      contactPoints: z.array(
        z.object({
          name: z.string(),
          receivers: z.tuple([
            z.object({ type: z.string(), settings: z.record(z.string(), z.unknown()) }),
          ]),
        }),
      ),
    })
    .parse(file('alerting/contact-points.yaml')).contactPoints;
  const [policy] = z
    .object({
      policies: z.tuple([
        z.looseObject({
          receiver: z.string(),
          routes: z.array(z.looseObject({ receiver: z.string() })),
        }),
      ]),
    })
    .parse(file('alerting/policies.yaml')).policies;
  const [{ template }] = z
    .object({ templates: z.tuple([z.object({ template: z.string() })]) })
    .parse(file('alerting/templates.yaml')).templates;

  it('go to contact points that there are', () => {
    const names = new Set(points.map(({ name }) => name));
    const asked = [
      policy.receiver,
      ...policy.routes.map(({ receiver }) => receiver),
      ...RULES.flatMap((each) => each.notification_settings?.receiver ?? []),
    ];
    expect(asked.filter((name) => !names.has(name))).toEqual([]);
  });

  it('write mails by templates that there are', () => {
    const texts = [
      ...points.flatMap(({ receivers }) => Object.values(receivers[0].settings)),
      template,
    ];
    const asked = texts.flatMap((each) => [...String(each).matchAll(/\{\{ template "([^"]+)"/g)]);
    expect(asked.length).toBeGreaterThan(2);
    for (const [, name] of asked) expect(template).toContain(`{{ define "${name}" -}}`);
  });

  it('never have a webhook with an empty address, which Grafana would not start with', () => {
    const webhook = points.find(({ receivers }) => receivers[0].type === 'webhook');
    expect(webhook?.receivers[0].settings.url).toBe(`\${ALERT_WEBHOOK_URL}#`);
  });

  it('repeat what is critical more often than the rest', () => {
    expect(policy).toMatchObject({ receiver: 'Kilat email', repeat_interval: '12h' });
    expect(policy.routes).toContainEqual({
      receiver: 'Kilat email',
      object_matchers: [['severity', '=', 'critical']],
      group_wait: '10s',
      repeat_interval: '1h',
    });
  });
});
