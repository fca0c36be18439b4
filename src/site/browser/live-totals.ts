import { readExposition } from '../../metrics/exposition.ts';

/** What a server has counted since it started, of all its models together. */
export interface LiveTotals {
  /**
   * What tells the process that has counted it from others: of several behind one address each answers for itself.
   * Undefined at the edge, where a hub counts for all.
   */
  readonly process: string | undefined;
  /** Requests for a prediction that were answered with one. */
  readonly predictions: number;
  /** Requests that were answered with an error, whatever they asked for. */
  readonly errors: number;
  readonly runs: number;
  readonly rows: number;
  /** Runs that took at most so many seconds, by that bound; the last is infinite and counts all. */
  readonly runTimes: ReadonlyMap<number, number>;
  /** Seconds since the Unix epoch; 0 where nothing has been delivered, or nothing is pushed. */
  readonly lastRemoteWrite: number;
}

/** @param text what /metrics answers with */
export function readTotals(text: string): LiveTotals {
  const totals = { predictions: 0, errors: 0, runs: 0, rows: 0, lastRemoteWrite: 0 };
  const runTimes = new Map<number, number>();
  let started: number | undefined;
  let loadTime = 0;
  for (const { name, labels, value } of readExposition(text)) {
    if (name === 'prediction_requests_total' && labels.outcome === 'ok')
      totals.predictions += value;
    else if (name === 'request_errors_total') totals.errors += value;
    else if (name === 'prediction_batch_rows_count') totals.runs += value;
    else if (name === 'prediction_batch_rows_sum') totals.rows += value;
    else if (name === 'remote_write_last_success_timestamp_seconds') totals.lastRemoteWrite = value;
    else if (name === 'process_start_time_seconds') started = value;
    else if (name === 'model_load_time_seconds') loadTime += value;
    else if (name === 'prediction_time_seconds_bucket') {
      const bound = labels.le === '+Inf' ? Infinity : Number(labels.le);
      runTimes.set(bound, (runTimes.get(bound) ?? 0) + value);
    }
  }
  // Two may start in the same second, but no two take the same time to load a model.
  const process = started === undefined ? undefined : `${started} ${loadTime}`;
  return { ...totals, process, runTimes };
}
