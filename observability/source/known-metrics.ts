import { createCatalog } from '../../src/metrics/catalog.ts';
import type { Family } from '../../src/metrics/family.ts';

/** What Prometheus knows of every series: where it comes from. */
const COMMON = ['job', 'instance'];

/** What a hub counts of its own work has its name too, where /metrics shows several of them. */
const OF_HUBS = ['remote_write_', 'metrics_hub_'];

/** What the client library measures of a Node process, with the labels of each: see src/metrics/process.ts. */
export const PROCESS_METRICS: Readonly<Record<string, readonly string[]>> = {
  process_cpu_user_seconds_total: [],
  process_cpu_system_seconds_total: [],
  process_cpu_seconds_total: [],
  process_start_time_seconds: [],
  process_resident_memory_bytes: [],
  process_virtual_memory_bytes: [],
  process_heap_bytes: [],
  process_open_fds: [],
  process_max_fds: [],
  nodejs_eventloop_lag_seconds: [],
  nodejs_eventloop_lag_min_seconds: [],
  nodejs_eventloop_lag_max_seconds: [],
  nodejs_eventloop_lag_mean_seconds: [],
  nodejs_eventloop_lag_stddev_seconds: [],
  nodejs_eventloop_lag_p50_seconds: [],
  nodejs_eventloop_lag_p90_seconds: [],
  nodejs_eventloop_lag_p99_seconds: [],
  nodejs_eventloop_utilization_bucket: ['le'],
  nodejs_eventloop_utilization_sum: [],
  nodejs_eventloop_utilization_count: [],
  nodejs_active_resources: ['type'],
  nodejs_active_handles: [],
  nodejs_active_requests: [],
  nodejs_heap_size_total_bytes: [],
  nodejs_heap_size_used_bytes: [],
  nodejs_external_memory_bytes: [],
  nodejs_heap_space_size_total_bytes: ['space'],
  nodejs_heap_space_size_used_bytes: ['space'],
  nodejs_heap_space_size_available_bytes: ['space'],
  nodejs_version_info: ['version', 'major', 'minor', 'patch'],
  nodejs_gc_duration_seconds_bucket: ['kind', 'le'],
  nodejs_gc_duration_seconds_sum: ['kind'],
  nodejs_gc_duration_seconds_count: ['kind'],
};

/** Series of Prometheus' own: whether a scrape succeeded, and the alerts that wait or fire. */
const PROMETHEUS_METRICS: Readonly<Record<string, readonly string[]>> = {
  up: [],
  ALERTS: ['alertname', 'alertstate', 'severity', 'window', 'model', 'version', 'feature'],
};

function catalogSeries(family: Family): [name: string, labels: readonly string[]][] {
  const { name } = family;
  const labels = OF_HUBS.some((prefix) => name.startsWith(prefix))
    ? [...family.labels, 'hub']
    : family.labels;
  if (family.snapshot().type !== 'histogram') return [[name, labels]];
  return [
    [`${name}_bucket`, [...labels, 'le']],
    [`${name}_sum`, labels],
    [`${name}_count`, labels],
  ];
}

/** Every series that is stored, by its name, with the labels that it can have; recording rules are not among them. */
export const STORED_SERIES: ReadonlyMap<string, ReadonlySet<string>> = new Map(
  [
    ...Object.values<Family>(createCatalog()).flatMap(catalogSeries),
    ...Object.entries(PROCESS_METRICS),
    ...Object.entries(PROMETHEUS_METRICS),
  ].map(([name, labels]) => [name, new Set([...COMMON, ...labels])]),
);
