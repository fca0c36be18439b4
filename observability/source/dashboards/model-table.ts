import { DashboardLinkBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { tableQuery } from './queries.ts';
import { MODELS } from './selectors.ts';
import { table } from './tables.ts';

/** The models that are loaded, each with as much of its hash as one compares by eye, and how many processes have it. */
const SERVED = `count by (model, version, hash, runtime) (label_replace(model_info{${MODELS}}, "hash", "$1", "sha256", "(.{12}).*"))`;

/** Puts something that is known by model and version beside each of them; all queries of the table have the same labels. */
function beside(value: string): string {
  return `0 * ${SERVED} + on (model, version) group_left () (${value})`;
}

/** Which graphs are served, and since when nobody has asked for them. */
export function modelTable() {
  return table(
    {
      title: 'Models loaded',
      description:
        'Every version that is loaded, by the hash of its graph, with the processes or hubs that report it. Two hashes of one version are a reload under way; worry when that lasts. Load time is that of the slowest process.',
      unit: 'none',
    },
    [
      {
        field: 'model',
        heading: 'Model',
        link: new DashboardLinkBuilder('Model detail').url(
          `/d/kilat-model?\${datasource:queryparam}&\${job:queryparam}&\${instance:queryparam}&var-model=\${__value.text}&\${__url_time_range}`,
        ),
      },
      { field: 'version', heading: 'Version' },
      { field: 'hash', heading: 'SHA-256' },
      { field: 'runtime', heading: 'Runtime' },
      { field: 'Value #A', heading: 'Reported by', unit: 'none' },
      { field: 'Value #B', heading: 'Load time', unit: 's' },
      { field: 'Value #C', heading: 'Last run', unit: 's' },
    ],
  )
    .withTarget(tableQuery(SERVED))
    .withTarget(tableQuery(beside(`max by (model, version) (model_load_time_seconds{${MODELS}})`)))
    .withTarget(
      tableQuery(
        beside(`time() - max by (model, version) (prediction_last_timestamp_seconds{${MODELS}})`),
      ),
    );
}
