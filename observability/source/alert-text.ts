import type { Alert } from './alerts.ts';

/** Functions that Prometheus' and Grafana's templates share, for a number of each unit. */
const FORMATS: Readonly<Record<Alert['unit'], (value: string) => string>> = {
  seconds: (value) => `{{ ${value} | humanizeDuration }}`,
  ratio: (value) => `{{ ${value} | humanizePercentage }}`,
  'per second': (value) => `{{ ${value} | printf "%.2f" }} per second`,
  times: (value) => `{{ ${value} | printf "%.1f" }}`,
  count: (value) => `{{ ${value} | printf "%.0f" }}`,
  index: (value) => `{{ ${value} | printf "%.2f" }}`,
};

/**
 * A text of an alert as a Go template.
 *
 * @param value what the number is called there: `$value` for Prometheus; for Grafana, whose `$value` is a text about all
 *   steps, `$values.B.Value`
 */
export function alertText(text: string, unit: Alert['unit'], value: string): string {
  return text.replaceAll(/\{(\w+)(?:\|([^}]*))?\}/g, (_, name: string, otherwise?: string) => {
    if (name === 'value') return FORMATS[unit](value);
    const label = `$labels.${name}`;
    if (otherwise === undefined) return `{{ ${label} }}`;
    return `{{ with ${label} }}{{ . }}{{ else }}${otherwise}{{ end }}`;
  });
}
