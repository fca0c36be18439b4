import Table from 'cli-table3';
import { count } from '../quantities.ts';
import { COLUMNS, cut, plain } from '../terminal/text.ts';
import { drawHistogram } from './histogram.ts';
import type { Sample } from './load.ts';
import type { Report } from './measurements.ts';

/** Between the number of a request, its prediction and its times. */
const GAP = '  ';
/** What is part of a latency that counts from when a request was due. */
const FROM_SENT = 'from sent';

/** A request in a line: what was predicted, as far as there is room for it, and how long that took. */
export function describeSample(sample: Sample, index: number, isScheduled: boolean): string {
  const { error, inferenceMs, roundTripMs, latencyMs } = sample;
  const fromSent = isScheduled ? ` (${roundTripMs.toFixed(3)} ${FROM_SENT})` : '';
  const parts = [
    error?.message ?? (inferenceMs === undefined ? [] : `inference ${inferenceMs.toFixed(3)} ms`),
    `latency ${latencyMs.toFixed(3)} ms${fromSent}`,
  ].flat();
  const [number, times] = [String(index + 1).padStart(3), parts.join(', ')];
  const room = COLUMNS - number.length - times.length - 2 * GAP.length;
  const prediction = cut(plain(describePredictions(sample)), room);
  return [number, ...(room > 0 && prediction ? [prediction] : []), times].join(GAP);
}

function describePredictions({ rows, prediction }: Sample): string {
  return rows > 1 ? count(rows, 'prediction') : (prediction?.() ?? '');
}

/** What was asked for: Infinity where it was not. */
export interface Asked {
  readonly requests: number;
  readonly seconds: number;
  readonly rowsOfARequest: number;
  /** Rows that there are to be sent. */
  readonly rows: number;
}

/** How far a run came, where that is not all the way. */
export function describeShortfall(report: Report, asked: Asked, isStopped: boolean): string[] {
  const { count: done, under_way: underWay, seconds } = report;
  if (isStopped) {
    const far = Number.isFinite(asked.requests)
      ? `${done} of ${count(asked.requests, 'request')}`
      : `${seconds.toFixed(1)} of ${asked.seconds} s`;
    return [`stopped after ${far}`];
  }
  const sent = (done + underWay) * asked.rowsOfARequest;
  return sent < asked.rows ? [`${sent} of ${count(asked.rows, 'row')} were sent`] : [];
}

/**
 * All that was measured, for a person.
 *
 * @param width characters in a line of the histogram, at most
 * @param notes on how far it came
 */
export function formatReport(report: Report, width: number, notes: readonly string[] = []): string {
  const { model, version, protocol, offered_rate: rate } = report;
  const offered = rate === null ? '' : `, ${rate}/s offered`;
  const lines = [
    `${model} v${version}: ${count(report.count, 'request')}, ${count(report.errors, 'error')}, ${report.rows_per_second.toFixed(0)} rows/s (${protocol}${offered})`,
    ...notes,
    ...(report.under_way > 0 ? [`${count(report.under_way, 'request')} still under way`] : []),
    ...describeErrors(report),
  ];
  if (report.latency_ms === null) return lines.join('\n');
  lines.push(formatTimes(report));
  if (report.inference_ms === null) lines.push(`${protocol} does not tell inference times`);
  lines.push('latency, ms', ...drawHistogram(report.histogram_ms, width));
  return lines.join('\n');
}

function describeErrors({ first_error: first, errors_by_code: codes }: Report): string[] {
  if (first === null) return [];
  const all = Object.entries(codes).map(([code, number]) => `${number} ${code}`);
  return [`errors: ${all.join(', ')}`, `first error: ${first}`];
}

function formatTimes(report: Report): string {
  const table = new Table({
    head: ['ms', 'count', 'errors', 'mean', 'p50', 'p90', 'p99', 'max'],
    style: { head: [], border: [] },
    colAligns: ['left', ...Array.from({ length: 7 }, () => 'right' as const)],
  });
  const parts = {
    inference: report.inference_ms,
    latency: report.latency_ms,
    // Without a schedule it is the latency.
    [FROM_SENT]: report.offered_rate === null ? null : report.round_trip_ms,
  };
  const rows = Object.entries(parts).filter(([, times]) => times !== null);
  for (const [row, [name, times]] of rows.entries()) {
    if (!times) continue;
    const { mean, p50, p90, p99, max } = times;
    const own = [mean, p50, p90, p99, max].map(formatMilliseconds);
    // Both are of all requests.
    const shared = [report.count, report.errors].map((content) => ({
      content,
      rowSpan: rows.length,
    }));
    table.push(row === 0 ? [name, ...shared, ...own] : [name, ...own]);
  }
  return table.toString();
}

/** To the microsecond where that says something, in as few characters as five columns have room for. */
function formatMilliseconds(milliseconds: number): string {
  return milliseconds.toFixed(milliseconds < 100 ? 3 : 1);
}
