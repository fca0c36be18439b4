/**
 * The keys that Grafana reads from its provisioning files, from pkg/services/provisioning/alerting/*_types.go and
 * pkg/services/ngalert/api/tooling/definitions/provisioning_alert_rules.go: it drops any other without a word. They are
 * in the order of Grafana's own exports.
 */
export type Keys = readonly [key: string, inner?: Keys | 'anything'][];

const INTERVALS: Keys = [['group_wait'], ['group_interval'], ['repeat_interval']];
const RELATIVE_TIME_RANGE: Keys = [['from'], ['to']];
const DATASOURCE_REFERENCE: Keys = [['type'], ['uid']];

/** Of every kind of step: a query of Prometheus, a reduction and a threshold. */
const MODEL: Keys = [
  ['conditions', [['evaluator', [['type'], ['params']]]]],
  ['expr'],
  ['expression'],
  ['reducer'],
  ['type'],
  ['refId'],
  ['datasource', DATASOURCE_REFERENCE],
  ['editorMode'],
  ['instant'],
  ['range'],
  ['intervalMs'],
  ['maxDataPoints'],
  ['legendFormat'],
  ['settings', [['mode']]],
];

const RULE: Keys = [
  ['uid'],
  ['title'],
  ['condition'],
  [
    'data',
    [
      ['refId'],
      ['queryType'],
      ['relativeTimeRange', RELATIVE_TIME_RANGE],
      ['datasourceUid'],
      ['model', MODEL],
    ],
  ],
  ['dashboardUid'],
  ['panelId'],
  ['noDataState'],
  ['execErrState'],
  ['for'],
  ['keepFiringFor'],
  ['annotations', 'anything'],
  ['labels', 'anything'],
  ['isPaused'],
  [
    'notification_settings',
    [['group_by'], ['receiver'], ...INTERVALS, ['mute_time_intervals'], ['active_time_intervals']],
  ],
];

const ROUTE: Keys = [['receiver'], ['group_by'], ['object_matchers'], ['continue'], ...INTERVALS];

export const PROVISIONING_KEYS: Keys = [
  ['apiVersion'],
  ['groups', [['orgId'], ['name'], ['folder'], ['interval'], ['rules', RULE]]],
  [
    'contactPoints',
    [
      ['orgId'],
      ['name'],
      [
        'receivers',
        [
          ['uid'],
          ['type'],
          [
            'settings',
            [['addresses'], ['singleEmail'], ['subject'], ['message'], ['url'], ['httpMethod']],
          ],
          ['disableResolveMessage'],
        ],
      ],
    ],
  ],
  ['policies', [['orgId'], ...ROUTE, ['routes', ROUTE]]],
  ['templates', [['orgId'], ['name'], ['template']]],
  [
    'datasources',
    [
      ['name'],
      ['type'],
      ['uid'],
      ['access'],
      ['url'],
      ['isDefault'],
      ['jsonData', [['httpMethod'], ['timeInterval']]],
    ],
  ],
  ['providers', [['name'], ['orgId'], ['folder'], ['type'], ['options', [['path']]]]],
];

/** @returns the places of keys that are not among those, and of keys out of their order */
export function misplacedKeys(value: unknown, keys: Keys, place = ''): string[] {
  if (Array.isArray(value))
    return value.flatMap((item, i) => misplacedKeys(item, keys, `${place}[${i}]`));
  if (typeof value !== 'object' || value === null) return [];
  const order = keys.map(([key]) => key);
  const present = Object.keys(value);
  const sorted = present.toSorted((a, b) => order.indexOf(a) - order.indexOf(b));
  const outOfOrder = present.every((key, i) => key === sorted[i]) ? [] : [`${place}: ${present}`];
  return outOfOrder.concat(
    Object.entries(value).flatMap(([key, inner]) => {
      const known = keys.find(([each]) => each === key);
      if (!known) return [`${place}.${key}`];
      return known[1] === 'anything' ? [] : misplacedKeys(inner, known[1] ?? [], `${place}.${key}`);
    }),
  );
}
