import type { Handler } from 'hono';
import { answerJson } from '../http/answer.ts';
import type { ModelRepository } from '../inference/repository.ts';
import type { ModelEntry } from '../inference/shelf.ts';
import type { FamilySnapshot, Labels } from '../metrics/snapshot.ts';
import type { Statistics } from './open-inference-schemas.ts';

type Statistic = Statistics['model_stats'][number];

/** Which requests Triton would count as failures: those that the model was asked and did not answer. */
const FAILURES = new Set(['failed', 'timeout', 'rejected']);

/**
 * GET /v2/models[/:name[/versions/:version]]/stats: the statistics extension, read from the metrics. Times of
 * decoding and encoding are not measured apart: their count is right and their time is 0.
 *
 * @param snapshot the metrics as they stand now
 */
export function statistics(
  models: ModelRepository,
  snapshot: () => Promise<readonly FamilySnapshot[]>,
): Handler {
  return async function statistics(c) {
    const name = c.req.param('name');
    const version = c.req.param('version');
    if (name !== undefined) models.entry(name, version);
    const wanted = models
      .entries()
      .filter((entry) => name === undefined || entry.name === name)
      .filter((entry) => version === undefined || entry.version === version);
    const families = new Map((await snapshot()).map((family) => [family.name, family]));
    const body: Statistics = { model_stats: wanted.map((entry) => describe(entry, families)) };
    return answerJson(c, body);
  };
}

function describe(
  { name, version }: ModelEntry,
  families: ReadonlyMap<string, FamilySnapshot>,
): Statistic {
  const isOwn = ({ model, version: of }: Labels) => model === name && of === version;
  const total = (family: string, also: (labels: Labels) => boolean = () => true) => {
    const found = families.get(family);
    if (!found || found.type === 'histogram') return 0;
    const own = found.series.filter(({ labels }) => isOwn(labels) && also(labels));
    return own.reduce((sum, { value }) => sum + value, 0);
  };
  const distribution = (family: string) => {
    const found = families.get(family);
    const own = found?.type === 'histogram' ? found.series.find((s) => isOwn(s.labels)) : undefined;
    const count = own?.counts.reduce((sum, each) => sum + each, 0) ?? 0;
    return { count, ns: nanoseconds(own?.sum ?? 0) };
  };
  const requests = (also: (labels: Labels) => boolean) => ({
    count: total('prediction_requests_total', also),
    ns: nanoseconds(total('prediction_request_seconds_total', also)),
  });

  const success = requests(({ outcome }) => outcome === 'ok');
  const runs = distribution('prediction_time_seconds');
  const unmeasured = { count: success.count, ns: 0 };
  return {
    name,
    version,
    last_inference: Math.round(total('prediction_last_timestamp_seconds') * 1000),
    inference_count: total('prediction_rows_total'),
    execution_count: runs.count,
    inference_stats: {
      success,
      fail: requests(({ outcome }) => FAILURES.has(outcome ?? '')),
      queue: distribution('prediction_queue_time_seconds'),
      compute_input: unmeasured,
      compute_infer: runs,
      compute_output: unmeasured,
    },
    batch_stats: [],
  };
}

function nanoseconds(seconds: number): number {
  return Math.round(seconds * 1e9);
}
