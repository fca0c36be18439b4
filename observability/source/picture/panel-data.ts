import { columnsOf, type Panel, type Target } from './dashboard-json.ts';
import type { PrometheusApi, Series, TimeRange } from './prometheus-api.ts';
import { substitute, type Values } from './variables.ts';

/** A series as a panel shows it: under the name of its legend. */
export interface NamedSeries extends Series {
  readonly name: string;
}

/** Asks what the queries of a panel ask. */
export async function fetchSeries(
  panel: Panel,
  api: PrometheusApi,
  range: TimeRange,
  values: Values,
): Promise<NamedSeries[]> {
  const answers = await Promise.all(
    panel.targets.map(async (target) => {
      const series = await ask(target, api, range, values);
      return series.map((each) => ({ ...each, name: legendOf(target, each.labels) }));
    }),
  );
  return answers.flat();
}

/** The cells of a table: a row for every set of labels, and in it a label or a query's value for each column. */
export async function fetchRows(
  panel: Panel,
  api: PrometheusApi,
  range: TimeRange,
  values: Values,
): Promise<Readonly<Record<string, string | number>>[]> {
  const rows = new Map<string, Record<string, string | number>>();
  for (const target of panel.targets) {
    for (const { labels, points } of await ask(target, api, range, values)) {
      const key = JSON.stringify(Object.entries(labels).sort());
      const row = rows.get(key) ?? { ...labels };
      rows.set(key, row);
      const [, value] = points.at(-1) ?? [];
      if (value !== undefined) row[`Value #${target.refId}`] = value;
    }
  }
  const [first] = columnsOf(panel);
  const sortKey = (row: Record<string, string | number>) => String(row[first?.field ?? ''] ?? '');
  return [...rows.values()].sort((a, b) => sortKey(a).localeCompare(sortKey(b), 'en'));
}

function ask(
  { expr, instant }: Target,
  api: PrometheusApi,
  range: TimeRange,
  values: Values,
): Promise<Series[]> {
  const query = substitute(expr, values);
  return instant ? api.instant(query, range.to) : api.range(query, range);
}

/** The legend of a query with the labels of a series in it. */
function legendOf({ legendFormat, expr }: Target, labels: Series['labels']): string {
  return legendFormat.replaceAll(/\{\{\s*(\w+)\s*\}\}/g, (_, name) => labels[name] ?? '') || expr;
}
