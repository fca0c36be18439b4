import { collectDefaultMetrics, Registry } from '@prometheus-io/client';
import type { FamilySnapshot, HistogramSeries, Labels, ValueSeries } from './snapshot.ts';

/** What the library hands over of one metric; its own types leave out the names of histogram parts. */
interface LibraryValue {
  readonly labels: Readonly<Partial<Record<string, string | number>>>;
  readonly value: number;
  readonly metricName?: string;
}

/**
 * The process and runtime metrics of the client library (Node only): CPU, memory, file descriptors, event
 * loop, garbage collection.
 *
 * Names are made to keep to Prometheus' rules, as promtool checks them: its gauges that end in `_total`, which
 * is a counter's suffix, are left out (each repeats the sum of a family that stays), and a histogram is not
 * called one.
 */
export function collectProcessMetrics(): () => Promise<readonly FamilySnapshot[]> {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  return async () => {
    const metrics = await registry.getMetricsAsJSON();
    return metrics.flatMap((metric) => {
      const { name, help, values } = metric;
      const type = String(metric.type);
      if (type === 'histogram') {
        return [toHistogram(name.replace(/_histogram$/, ''), help, values)];
      }
      if (type === 'counter' || (type === 'gauge' && !name.endsWith('_total'))) {
        return [{ type, name, help, series: values.map(toSeries) }];
      }
      return [];
    });
  };
}

function toSeries({ labels, value }: LibraryValue): ValueSeries {
  return { labels: toLabels(labels), value };
}

function toLabels(labels: LibraryValue['labels']): Labels {
  return Object.fromEntries(Object.entries(labels).map(([name, value]) => [name, String(value)]));
}

/** Gathers a histogram's cumulative buckets and its sum, which the library lists as values of their own. */
function toHistogram(name: string, help: string, values: readonly LibraryValue[]): FamilySnapshot {
  const series = new Map<string, { labels: Labels; counts: number[]; sum: number }>();
  const bounds = new Set<number>();
  for (const { labels: all, value, metricName } of values) {
    const { le, ...rest } = all;
    const labels = toLabels(rest);
    const key = JSON.stringify(labels);
    const entry = series.get(key) ?? { labels, counts: [], sum: 0 };
    series.set(key, entry);
    if (metricName?.endsWith('_sum')) entry.sum = value;
    if (!metricName?.endsWith('_bucket')) continue;
    if (le !== '+Inf') bounds.add(Number(le));
    entry.counts.push(value - entry.counts.reduce((sum, count) => sum + count, 0));
  }
  return {
    type: 'histogram',
    name,
    help,
    bounds: [...bounds],
    series: Array.from(series.values(), (entry): HistogramSeries => ({ ...entry, exemplars: [] })),
  };
}
