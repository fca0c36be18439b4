import {
  DatasourceVariableBuilder,
  QueryVariableBuilder,
  VariableRefresh,
  VariableSort,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { PROMETHEUS } from './queries.ts';
import { MODELS } from './selectors.ts';

const ALL = { selected: true, text: ['All'], value: ['$__all'] };

/** The values of a label, of which one, several or all can be chosen. */
function labelVariable(label: string, matchers: string): QueryVariableBuilder {
  // Every model that has been loaded has this series, at zero before its first run and also after it has been unloaded.
  const values = `label_values(prediction_time_seconds_count${matchers}, ${label})`;
  return queryVariable(label, values).multi(true).includeAll(true).current(ALL);
}

function queryVariable(label: string, values: string): QueryVariableBuilder {
  return new QueryVariableBuilder(label)
    .label(label[0]?.toUpperCase() + label.slice(1))
    .datasource(PROMETHEUS)
    .query({ qryType: 1, query: values, refId: 'PrometheusVariableQueryEditor-VariableQuery' })
    .definition(values)
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .sort(VariableSort.NaturalAsc);
}

/**
 * A feature of the models that are chosen, one at a time: its bins are its own. Only those that are counted are among the
 * choices.
 */
export function featureVariable(): QueryVariableBuilder {
  const values = `label_values(prediction_feature_reference_ratio{${MODELS}}, feature)`;
  return queryVariable('feature', values).multi(false).includeAll(false);
}

/** All, with what has no value of its own among the choices: models `unknown`, and processes that have loaded none. */
function openVariable(label: string, matchers: string): QueryVariableBuilder {
  return labelVariable(label, matchers).allValue('.*');
}

/**
 * What a dashboard can be narrowed to. Each offers what the ones before it leave. All jobs are those that have models,
 * never simply all: process_* and up are of other programs as well.
 */
export function variables() {
  return [
    new DatasourceVariableBuilder('datasource').label('Prometheus').type('prometheus'),
    labelVariable('job', ''),
    openVariable('instance', '{job=~"$job"}'),
    openVariable('model', '{job=~"$job",instance=~"$instance"}'),
    openVariable('version', '{job=~"$job",instance=~"$instance",model=~"$model"}'),
  ];
}
