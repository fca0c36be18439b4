import type { Variable } from './dashboard-json.ts';
import type { PrometheusApi, TimeRange } from './prometheus-api.ts';

/** What stands for each variable, by its name without the dollar. */
export type Values = Readonly<Record<string, string>>;

/** `$name`, `${name}` and `${name:format}`; `$1` is not one, it belongs to label_replace. */
const VARIABLE = /\$(?:(?<bare>[A-Za-z_]\w*)|\{(?<braced>[A-Za-z_]\w*)(?::[^}]*)?\})/g;

/** @throws Error for a variable that has no value */
export function substitute(text: string, values: Values): string {
  return text.replaceAll(VARIABLE, (found, ...rest) => {
    const { bare, braced } = rest.at(-1) as { bare?: string; braced?: string };
    const value = values[bare ?? braced ?? ''];
    if (value === undefined) throw new Error(`${found} has no value in: ${text}`);
    return value;
  });
}

/** What a query of the form `label_values(selector, label)` asks for. */
export function parseLabelValues(query: string): { selector: string; label: string } {
  const { selector, label } =
    /^label_values\((?<selector>.*), (?<label>\w+)\)$/s.exec(query)?.groups ?? {};
  if (!selector || !label) throw new Error(`expected label_values(selector, label): ${query}`);
  return { selector, label };
}

/** The variables of a dashboard: what stands for each, and what there is to choose. */
export interface Resolved {
  readonly values: Values;
  readonly choices: Readonly<Record<string, readonly string[]>>;
}

/**
 * What Grafana puts into queries while every variable is at All, and one that has no such choice at its first.
 *
 * @param range what is drawn
 * @param scrapeSeconds how often Prometheus scrapes, as Grafana's data source is told
 */
export async function resolveVariables(
  variables: readonly Variable[],
  api: PrometheusApi,
  range: TimeRange,
  scrapeSeconds: number,
): Promise<Resolved> {
  const values: Record<string, string> = {
    __interval: `${range.step}s`,
    // https://grafana.com/docs/grafana/latest/datasources/prometheus/template-variables/
    __rate_interval: `${Math.max(range.step + scrapeSeconds, 4 * scrapeSeconds)}s`,
    __range: `${range.to - range.from}s`,
  };
  const choices: Record<string, readonly string[]> = {};
  for (const { name, type, allValue, definition, includeAll } of variables) {
    if (type !== 'query' || definition === undefined) continue;
    const { selector, label } = parseLabelValues(substitute(definition, values));
    const found = await api.labelValues(label, selector, range);
    choices[name] = found;
    values[name] = includeAll
      ? (allValue ?? (found.map(escapeForRegex).join('|') || '.*'))
      : escapeForString(found[0] ?? '');
  }
  return { values, choices };
}

/** A name as a regular expression in a string of PromQL, where a backslash is one itself. */
export function escapeForRegex(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\\\$&');
}

/** A name in a string of PromQL, compared as it is. */
function escapeForString(text: string): string {
  return text.replaceAll(/[\\"]/g, '\\$&');
}
