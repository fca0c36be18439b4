import Table from 'cli-table3';
import { count } from '../quantities.ts';
import { drawHistogram } from './histogram.ts';
import type { Sample } from './load.ts';
import type { Report } from './measurements.ts';

/** A request in a line. */
export function describeSample(sample: Sample, index: number, isScheduled: boolean): string {
  const { error, inferenceMs, roundTripMs, latencyMs } = sample;
  const parts = [
    error?.message ?? (inferenceMs === undefined ? [] : `inference ${inferenceMs.toFixed(3)} ms`),
    `round trip ${roundTripMs.toFixed(3)} ms`,
    isScheduled ? `latency ${latencyMs.toFixed(3)} ms` : [],
  ].flat();
  return `${String(index + 1).padStart(3)}  ${parts.join(', ')}`;
}

/**
 * All that was measured, for a person.
 *
 * @param width characters in a line of the histogram, at most
 */
export function formatReport(report: Report, width: number): string {
  const { model, version, protocol, offered_rate: rate } = report;
  const offered = rate === null ? '' : `, ${rate}/s offered`;
  const lines = [
    `${model} v${version}: ${count(report.count, 'request')}, ${count(report.errors, 'error')}, ${report.rows_per_second.toFixed(0)} rows/s (${protocol}${offered})`,
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
    'round trip': report.offered_rate === null ? null : report.round_trip_ms,
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
