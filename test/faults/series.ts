/** Values of series, by `name{a="1",b="2"}` with the labels in the order of their names. */
export type SeriesValues = Map<string, number>;

export type Labels = Readonly<Record<string, string>>;

export function seriesName(name: string, labels: Labels): string {
  const pairs = Object.entries(labels)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([label, value]) => `${label}="${value}"`);
  return `${name}{${pairs.join(',')}}`;
}

/** The name and the labels of a series as it is written; no value of Kilat's labels has a quote in it. */
export function parseSeries(series: string): { name: string; labels: Record<string, string> } {
  const [, name = '', inner = ''] = /^([^{]+)(?:\{(.*)\})?$/.exec(series) ?? [];
  const labels = Object.fromEntries(
    [...inner.matchAll(/([A-Za-z_]\w*)="([^"]*)"/g)].map(([, label = '', value = '']) => [
      label,
      value,
    ]),
  );
  return { name, labels };
}

/** What /metrics answers with, in Prometheus' text format. */
export function readMetrics(text: string): SeriesValues {
  const values: SeriesValues = new Map();
  for (const line of text.split('\n')) {
    const [, series, value] = /^([^#\s][^{\s]*(?:\{.*\})?) (\S+)$/.exec(line) ?? [];
    if (series === undefined) continue;
    const { name, labels } = parseSeries(series);
    values.set(seriesName(name, labels), Number(value));
  }
  return values;
}

/** The sum of a metric over its series, or over those that have some labels. */
export function total(values: SeriesValues, metric: string, wanted: Labels = {}): number {
  let sum = 0;
  for (const [series, value] of values) {
    if (!series.startsWith(`${metric}{`)) continue;
    const { labels } = parseSeries(series);
    if (Object.entries(wanted).every(([label, want]) => labels[label] === want)) sum += value;
  }
  return sum;
}

/** The series of a metric that are not 0, summed by some of its labels, as `value of a, value of b`. */
export function totalsBy(
  values: SeriesValues,
  metric: string,
  labels: readonly string[],
): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const [series, value] of values) {
    if (value === 0 || !series.startsWith(`${metric}{`)) continue;
    const own = parseSeries(series).labels;
    const key = labels.map((label) => own[label]).join(' ');
    sums[key] = (sums[key] ?? 0) + value;
  }
  return sums;
}
