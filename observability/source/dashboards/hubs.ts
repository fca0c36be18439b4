import { MODELS, PROCESSES, rate } from './selectors.ts';

/** What one hub was measured to take in a second (docs/operations.md, `node bench/hub.ts`); half of it leaves room. */
export const DELTAS_PER_SECOND = 800;

/** What is of Workers: hubs that push have the runtime that their isolates reported, and so has what is scraped there. */
const AT_THE_EDGE = 'and on (job, instance) build_info{runtime="workers"}';

/** A counter of predictions at the edge, per second. */
export function edgeRate(metric: string, ...matchers: readonly string[]): string {
  return `${rate(metric, [MODELS, ...matchers].join(','))} ${AT_THE_EDGE}`;
}

/** A counter of requests at the edge, whose series have no model, per second. */
export function edgeHttpRate(metric: string, ...matchers: readonly string[]): string {
  return `${rate(metric, [PROCESSES, ...matchers].join(','))} ${AT_THE_EDGE}`;
}

/**
 * What hubs count of their own work, with the label `hub`. What a hub pushes names it as `instance`, what is scraped as
 * `hub` (docs/operations.md). Isolates that push for themselves, without a hub, are taken together as `isolate`.
 */
function named(values: string): string {
  return `label_replace(${values} ${AT_THE_EDGE}, "hub", "$1", "instance", "(hub-[0-9]+|isolate).*")`;
}

/** Adds up by hub, and by other labels. */
export function sumByHub(values: string, ...labels: readonly string[]): string {
  return `sum by (${['hub', ...labels].join(', ')}) (${named(values)})`;
}

/** The largest value by hub. */
export function maxByHub(values: string): string {
  return `max by (hub) (${named(values)})`;
}

/** Deltas that isolates have handed to hubs, per second. */
export function deltas(...matchers: readonly string[]): string {
  return rate('metrics_hub_deltas_total', [PROCESSES, ...matchers].join(','));
}

/** Samples that wait to be delivered. */
export const waiting = `remote_write_pending_samples{${PROCESSES}}`;

/** Seconds since samples were last delivered, of what has ever delivered any. */
export const sinceDelivery = `time() - (remote_write_last_success_timestamp_seconds{${PROCESSES}} > 0)`;
