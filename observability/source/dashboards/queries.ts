import {
  DataqueryBuilder,
  PromQueryFormat,
  QueryEditorMode,
} from '@grafana/grafana-foundation-sdk/prometheus';

/** The Prometheus that the variable `datasource` names. */
export const PROMETHEUS = { type: 'prometheus', uid: `\${datasource}` };

/** A query over the range of time that the dashboard shows. */
export function query(expr: string, legend: string): DataqueryBuilder {
  return new DataqueryBuilder()
    .datasource(PROMETHEUS)
    .editorMode(QueryEditorMode.Code)
    .expr(expr)
    .legendFormat(legend)
    .range();
}

/** A query of this moment, as a table has it. */
export function tableQuery(expr: string): DataqueryBuilder {
  return query(expr, '').instant().format(PromQueryFormat.Table);
}

/** A query whose series are the buckets of a heatmap. */
export function bucketQuery(expr: string): DataqueryBuilder {
  return query(expr, '{{le}}').format(PromQueryFormat.Heatmap);
}
