import { describe, expect, it } from 'vitest';
import { ALERTS } from '../../observability/source/alerts.ts';
import { checkExpression } from '../../observability/source/check-expressions.ts';
import { collectExpressions } from '../../observability/source/collect-expressions.ts';
import { PROCESS_METRICS } from '../../observability/source/known-metrics.ts';
import { createCatalog } from '../../src/metrics/catalog.ts';
import { collectProcessMetrics } from '../../src/metrics/process.ts';

describe('checkExpression', () => {
  it.each(collectExpressions([]))('accepts what rules and alerts ask: $place', ({ expr }) => {
    expect(checkExpression(expr)).toEqual([]);
  });

  it('accepts every metric with every one of its labels', () => {
    for (const family of Object.values(createCatalog())) {
      const name = family.snapshot().type === 'histogram' ? `${family.name}_count` : family.name;
      const labels = [...family.labels, 'job', 'instance'];
      expect(checkExpression(`sum by (${labels}) (${name})`)).toEqual([]);
    }
  });

  it.each([
    `rate(prediction_rows_total{model=~"$model",version="\${version:regex}"}[$__rate_interval])`,
    'increase(prediction_rows_total[$__range]) / $__range_s',
    `rate(prediction_rows_total[\${__rate_interval}] offset $offset)`,
    'sum by ($label) (rate(prediction_class_total[$window]))',
    'topk($count, $metric)',
    'sum by (hub) (remote_write_pending_samples)',
    'label_replace(up, "host", "$1", "instance", "(.*):.*")',
    'histogram_quantile(0.99, sum by (le) (rate(http_request_duration_seconds_bucket[5m])))',
    'prediction_rows_total * on (job, instance) group_left (sha256) model_info',
    'prediction_class_total / ignoring (class) group_left () prediction_rows_total',
    'rate(process_cpu_seconds_total[5m]) + nodejs_eventloop_lag_p99_seconds',
    'nodejs_gc_duration_seconds_bucket{kind="major"}',
    'count by (model) (ALERTS{alertstate="firing",severity="critical"})',
    'count_values without (instance) ("state", up)',
    'model:prediction_errors:ratio_rate5m{model="$model"} > 0.1 or vector(0)',
  ])('accepts %s', (expr) => {
    expect(checkExpression(expr)).toEqual([]);
  });

  it.each([
    ['rate(prediction_row_total[5m])', "there is no metric 'prediction_row_total'"],
    ['prediction_time_seconds', "there is no metric 'prediction_time_seconds'"],
    ['model:prediction_errors:ratio_rate7m', 'there is no metric'],
    ['process_cpu_total', "there is no metric 'process_cpu_total'"],
    ['{model="iris"}', 'names no metric'],
    ['up{model="iris"}', "there is no label 'model' on 'up'"],
    ['model:prediction_errors:ratio_rate5m{instance="a"}', "there is no label 'instance'"],
    ['sum by (modell) (prediction_rows_total)', "there is no label 'modell'"],
    ['sum by (protocol) (sum by (model) (prediction_requests_total))', "no label 'protocol'"],
    ['sum without (class) (prediction_rows_total)', "there is no label 'class'"],
    ['histogram_quantile(0.5, sum(prediction_time_seconds_bucket))', "there is no label 'le'"],
    ['label_replace(up, "a", "$1", "host", "(.*)")', "there is no label 'host'"],
    ['prediction_rows_total * on (sha256) model_info', "no label 'sha256' on one side"],
    ['up * on (job) group_left (model) build_info', "there is no label 'model' on one side"],
    ['prediction_class_total / prediction_rows_total', 'never match'],
    ['prediction_rows_total and up', 'never match'],
    ['sum(rate(up[5m])', 'is no PromQL'],
    ['up up', 'is no PromQL'],
    ['', 'is no PromQL'],
  ])('says what is wrong with %s', (expr, problem) => {
    expect(checkExpression(expr).join()).toContain(problem);
  });

  it.runIf(process.platform === 'linux')('knows what Node exposes', async () => {
    const families = await collectProcessMetrics()();
    const exposed = families.flatMap(({ type, name }) =>
      type === 'histogram' ? ['_bucket', '_sum', '_count'].map((end) => name + end) : [name],
    );
    expect(Object.keys(PROCESS_METRICS).sort()).toEqual(exposed.sort());
  });
});

describe('collectExpressions', () => {
  it('finds the queries of panels and variables in a dashboard', () => {
    const content = JSON.stringify({
      panels: [{ title: 'Rows', targets: [{ expr: 'rate(prediction_rows_total[5m])' }] }],
      templating: {
        list: [
          { query: { query: 'label_values(model_info{job="kilat"}, model)' } },
          { type: 'datasource', query: 'prometheus' },
        ],
      },
    });
    const found = collectExpressions([{ path: 'a.json', content }]).slice(-2);
    expect(found).toEqual([
      { place: 'a.json: Rows', expr: 'rate(prediction_rows_total[5m])' },
      { place: 'a.json: ', expr: 'count by (model) (model_info{job="kilat"})' },
    ]);
  });

  it('leaves out no alert', () => {
    expect(collectExpressions([]).length).toBeGreaterThan(ALERTS.length);
  });
});
