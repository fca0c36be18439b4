import type { GeneratedFile } from './files.ts';
import { toYaml } from './yaml.ts';

/** The Prometheus that alerts and dashboards ask, by the uid that they know it by. */
export const DATASOURCE = { type: 'prometheus', uid: 'prometheus' } as const;

/** Where the dashboards lie for Grafana; observability/grafana/dashboards is mounted there. */
const DASHBOARDS = '/var/lib/grafana/dashboards';

const DATASOURCES = {
  apiVersion: 1,
  datasources: [
    {
      name: 'Prometheus',
      ...DATASOURCE,
      access: 'proxy',
      url: `\${PROMETHEUS_URL}`,
      isDefault: true,
      // timeInterval is how often Prometheus scrapes, which $__rate_interval builds on.
      jsonData: { httpMethod: 'POST', timeInterval: '15s' },
    },
  ],
};

const PROVIDERS = {
  apiVersion: 1,
  providers: [
    { name: 'Kilat', orgId: 1, folder: 'Kilat', type: 'file', options: { path: DASHBOARDS } },
  ],
};

/** What tells Grafana where its data are, and where its dashboards. */
export function grafanaDatasourceFiles(): GeneratedFile[] {
  const folder = 'grafana/provisioning';
  return [
    {
      path: `${folder}/datasources/prometheus.yaml`,
      content: toYaml(DATASOURCES, {
        indent: 4,
        comment:
          'PROMETHEUS_URL is as Grafana reaches it, such as http://prometheus:9090. Unset it is empty: every panel and\nevery rule then fails with an error that says so.',
      }),
    },
    {
      path: `${folder}/dashboards/kilat.yaml`,
      content: toYaml(PROVIDERS, { indent: 4, comment: `Mount grafana/dashboards at this path.` }),
    },
  ];
}
