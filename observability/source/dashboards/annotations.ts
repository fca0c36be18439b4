import { AnnotationQueryBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { DataqueryBuilder } from '@grafana/grafana-foundation-sdk/prometheus';
import { ALERTS } from '../alerts.ts';
import { PROMETHEUS } from './queries.ts';
import { MODELS, PROCESSES } from './selectors.ts';

const SERVED = `count by (model, version, sha256) (model_info{${MODELS}})`;
const SERVED_BEFORE = `count by (model, version, sha256) (model_info{${MODELS}} offset $__interval)`;
const MODELS_NOW = `count by (model) (model_info{${MODELS}})`;
const MODELS_BEFORE = `count by (model) (model_info{${MODELS}} offset $__interval)`;

/**
 * A graph is served that was not a step before, of a model that was. Grafana asks for a value per `$__interval`, so that
 * each change is seen by one of them; when a process starts, all of its models are new, and nothing is marked.
 */
const CAME = `${SERVED} unless ${SERVED_BEFORE} and on (model) ${MODELS_BEFORE}`;
/** The other side of it, which is all there is to see when a version is taken back. */
const WENT = `${SERVED_BEFORE} unless ${SERVED} and on (model) ${MODELS_NOW}`;

/** Our alerts while they fire, by Prometheus' rules; those that Grafana evaluates itself are among its built-in marks. */
export const FIRING = `ALERTS{alertstate="firing",alertname=~"${[...new Set(ALERTS.map(({ name }) => name))].join('|')}"}`;

function annotation(
  name: string,
  color: string,
  expr: string,
  title: string,
  text: string,
): AnnotationQueryBuilder {
  return new AnnotationQueryBuilder()
    .name(name)
    .datasource(PROMETHEUS)
    .enable(true)
    .iconColor(color)
    .target(new DataqueryBuilder().expr(expr).refId('Anno').range())
    .titleFormat(title)
    .textFormat(text);
}

/** Marks on every graph: what was loaded and let go, what started, and which alerts fired. */
export function annotations(): AnnotationQueryBuilder[] {
  return [
    new AnnotationQueryBuilder()
      .name('Annotations & Alerts')
      .datasource({ type: 'grafana', uid: '-- Grafana --' })
      .enable(true)
      .hide(true)
      .builtIn(1)
      .iconColor('rgba(0, 211, 255, 1)')
      .type('dashboard'),
    annotation('Loaded', 'blue', CAME, '{{model}} v{{version}} loaded', '{{sha256}}'),
    annotation('Let go', 'purple', WENT, '{{model}} v{{version}} let go', '{{sha256}}'),
    // The value is the time itself, so that the mark stands where the process started and not at the next scrape.
    annotation(
      'Process starts',
      '#c7d0d9',
      `max by (instance) (process_start_time_seconds{${PROCESSES}}) * 1000`,
      '{{instance}} started',
      '',
    ).useValueForTime(true),
    annotation(
      'Firing alerts',
      'red',
      FIRING,
      '{{alertname}}',
      '{{model}} {{version}} {{feature}} {{instance}}',
    ).tagKeys('severity,window'),
  ];
}
