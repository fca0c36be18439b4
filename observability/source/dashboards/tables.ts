import type { DashboardLinkBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { PanelBuilder as TableBuilder } from '@grafana/grafana-foundation-sdk/table';
import type { PanelText } from './panels.ts';
import { PROMETHEUS } from './queries.ts';
import { neutral } from './thresholds.ts';

/** A column of a table: the field that Grafana makes of a label or a query, its heading, and how it is read. */
export interface Column {
  readonly field: string;
  readonly heading: string;
  readonly unit?: string;
  /** Where a click leads. */
  readonly link?: DashboardLinkBuilder;
}

/** A table of queries that have the same labels, one row for each set of them. */
export function table(
  { title, description, unit }: PanelText,
  columns: readonly Column[],
): TableBuilder {
  const panel = new TableBuilder()
    .title(title)
    .description(description)
    .datasource(PROMETHEUS)
    .unit(unit)
    .thresholds(neutral())
    .withTransformation({ id: 'merge', options: {} })
    .withTransformation({
      id: 'organize',
      options: {
        excludeByName: { Time: true },
        indexByName: Object.fromEntries(columns.map(({ field }, place) => [field, place])),
        renameByName: Object.fromEntries(columns.map(({ field, heading }) => [field, heading])),
      },
    });
  for (const { heading, unit: own, link } of columns) {
    const properties = [
      ...(own ? [{ id: 'unit', value: own }] : []),
      ...(link ? [{ id: 'links', value: [link.build()] }] : []),
    ];
    if (properties.length > 0) panel.overrideByName(heading, properties);
  }
  return panel;
}
