const SERIES = /^(?<name>[A-Za-z_:][\w:]*)(?:\{(?<labels>.*)\})? (?<value>\S+)(?: -?\d+)?$/;
const LABEL = /(\w+)="((?:[^"\\]|\\.)*)"/g;

/**
 * Finds a value in what /metrics answers with, Prometheus' text format
 * (https://prometheus.io/docs/instrumenting/exposition_formats/).
 *
 * @param labels what the series has to have; it may have others
 * @returns undefined when there is no such series
 */
export function findValue(
  text: string,
  metric: string,
  labels: Readonly<Record<string, string>>,
): number | undefined {
  for (const line of text.split('\n')) {
    const found = SERIES.exec(line)?.groups;
    if (found?.name !== metric) continue;
    const own = new Map(
      [...(found.labels ?? '').matchAll(LABEL)].map(([, label, value]) => [label, value]),
    );
    if (Object.entries(labels).every(([label, value]) => own.get(label) === value)) {
      return Number(found.value);
    }
  }
  return undefined;
}
