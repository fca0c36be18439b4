import Table from 'cli-table3';
import type { LatencySummary } from './latencies.ts';

/** A table with names in its first column and figures in the others. */
export function table(head: string[]) {
  return new Table({
    head,
    style: { head: [], border: [], compact: true },
    colAligns: head.map((_, i) => (i === 0 ? 'left' : 'right')),
  });
}

/** Latencies by what they are of. */
export function latencyTable(rows: Readonly<Record<string, LatencySummary>>): string {
  const latencies = table(['ms', 'requests', 'p50', 'p99', 'max']);
  for (const [name, { count, p50, p99, max }] of Object.entries(rows)) {
    latencies.push([name, count, ...[p50, p99, max].map((time) => time.toFixed(1))]);
  }
  return latencies.toString();
}
