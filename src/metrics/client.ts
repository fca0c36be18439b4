// The library's main entry starts worker threads and cannot load in workerd; the registry alone can.
import Registry from '@prometheus-io/client/lib/registry.js';
import type { Exemplar, FamilySnapshot, HistogramSeries, Labels } from './snapshot.ts';

export type ExpositionFormat = 'text' | 'openmetrics';

export const CONTENT_TYPES: Readonly<Record<ExpositionFormat, string>> = {
  text: Registry.PROMETHEUS_CONTENT_TYPE,
  openmetrics: Registry.OPENMETRICS_CONTENT_TYPE,
};

const writers = {
  text: new Registry(Registry.PROMETHEUS_CONTENT_TYPE),
  openmetrics: new Registry(Registry.OPENMETRICS_CONTENT_TYPE),
};

/**
 * Writes families in an exposition format: Prometheus text 0.0.4, or OpenMetrics 1.0, which carries exemplars.
 */
export async function formatMetrics(
  families: readonly FamilySnapshot[],
  format: ExpositionFormat,
): Promise<string> {
  const blocks = await Promise.all(
    families.map((family) => writers[format].getMetricsAsString(toLibraryMetric(family, format))),
  );
  return format === 'openmetrics' ? `${blocks.join('\n')}\n# EOF\n` : `${blocks.join('\n')}\n`;
}

interface LibraryValue {
  readonly metricName?: string;
  readonly labels: Readonly<Record<string, string | number>>;
  readonly value: number;
  readonly exemplar?: { labelSet: Labels; value: number; timestamp: number } | undefined;
}

/** A family in the form in which the library's own metrics hand over their values. */
function toLibraryMetric(family: FamilySnapshot, format: ExpositionFormat) {
  // OpenMetrics names a counter without the suffix that its samples carry; the library adds it to samples.
  const name =
    format === 'openmetrics' && family.type === 'counter'
      ? family.name.replace(/_total$/, '')
      : family.name;
  const values: readonly LibraryValue[] =
    family.type === 'histogram'
      ? family.series.flatMap((series) => histogramValues(family.name, family.bounds, series))
      : family.series;
  return { get: () => ({ name, help: family.help, type: family.type, values }) };
}

function histogramValues(
  name: string,
  bounds: readonly number[],
  { labels, counts, sum, exemplars }: HistogramSeries,
): LibraryValue[] {
  let cumulative = 0;
  const buckets = counts.map((count, i) => {
    cumulative += count;
    return {
      metricName: `${name}_bucket`,
      labels: { ...labels, le: bounds[i] ?? '+Inf' },
      value: cumulative,
      exemplar: toLibraryExemplar(exemplars[i]),
    };
  });
  return [
    ...buckets,
    { metricName: `${name}_sum`, labels, value: sum },
    { metricName: `${name}_count`, labels, value: cumulative },
  ];
}

function toLibraryExemplar(exemplar: Exemplar | undefined): LibraryValue['exemplar'] {
  return (
    exemplar && { labelSet: exemplar.labels, value: exemplar.value, timestamp: exemplar.timestamp }
  );
}
