import { DashboardLinkBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { AVAILABILITY, LATENCY_BUDGET_SECONDS } from '../objectives.ts';
import { errorRatio } from '../recording-rules.ts';
import { FIRING } from './annotations.ts';
import type { Row } from './frame.ts';
import { runbook, stat } from './panels.ts';
import { query } from './queries.ts';
import { MODELS, PROCESSES, quantile } from './selectors.ts';
import { asked, errorShareOfAll } from './shares.ts';
import { atLeast, ERROR_BUDGET, errorShare, from, latency, neutral } from './thresholds.ts';

const PERCENT = AVAILABILITY * 100;

/** Eight numbers that say whether it is well. */
export function glance(): Row {
  return {
    panels: [
      stat({
        title: 'Requests',
        description:
          'Requests for a prediction per second, however they ended. Worry when it falls to nothing at a time when people use it.',
        unit: 'reqps',
      })
        .thresholds(neutral())
        .withTarget(query(`sum(${asked})`, 'requests')),
      stat({
        title: 'Errors',
        description: `Share of requests that failed, timed out or were turned away; requests that were wrong themselves do not count. The objective allows ${ERROR_BUDGET * 100} %: orange is more than that, red is as much as somebody is paged for.`,
        unit: 'percentunit',
      })
        .decimals(2)
        .thresholds(errorShare())
        .links([runbook('PredictionErrorBudgetBurn')])
        .withTarget(query(errorShareOfAll(), 'errors')),
      stat({
        title: 'Prediction p95',
        description: `One run in twenty takes this long or longer, of all models together. The budget is ${LATENCY_BUDGET_SECONDS * 1000} ms: orange from half of it on, red above it.`,
        unit: 's',
      })
        .thresholds(latency())
        .links([runbook('PredictionLatencyHigh')])
        .withTarget(query(quantile(0.95, 'prediction_time_seconds'), 'p95')),
      stat({
        title: 'Budget spent',
        description: `Of the errors that ${PERCENT} % allow over three days, the share that the worst model has made: at 100 % nothing is left. It is of all processes, whatever is chosen above.`,
        unit: 'percentunit',
      })
        .decimals(0)
        .thresholds(from([0.5, 'orange'], [1, 'red']))
        .links([runbook('PredictionErrorBudgetBurn')])
        .withTarget(
          query(
            `max(${errorRatio('3d')}{model=~"$model",version=~"$version"}) / ${ERROR_BUDGET}`,
            'spent',
          ),
        ),
      stat({
        title: 'Alerts firing',
        description:
          "Alerts that Prometheus' rules have firing now. Where Grafana evaluates them instead, see its list of alerts.",
        unit: 'none',
      })
        .thresholds(from([1, 'red']))
        .links([new DashboardLinkBuilder('Alerts').url('/alerting/list').targetBlank(true)])
        .withTarget(query(`count(${FIRING}) or vector(0)`, 'firing')),
      stat({
        title: 'Models',
        description:
          'Versions of models that are loaded somewhere. Worry when it is less than what lies in the repository; load failures below say why.',
        unit: 'none',
      })
        .thresholds(atLeast(1))
        .withTarget(
          query(`count(count by (model, version) (model_info{${MODELS}})) or vector(0)`, 'models'),
        ),
      stat({
        title: 'Processes down',
        description:
          'Processes that Prometheus knows of and cannot scrape. What pushes is not among them: see the time since the last delivery.',
        unit: 'none',
      })
        .thresholds(from([1, 'red']))
        .links([runbook('PredictionTargetDown')])
        .withTarget(query(`count(up{${PROCESSES}} == 0) or vector(0)`, 'down')),
      stat({
        title: 'Restarts',
        description:
          'How often Node processes have started again in the time that is shown. Worry when nobody has deployed anything: the log of the process before has the reason.',
        unit: 'none',
      })
        .decimals(0)
        .thresholds(from([1, 'orange']))
        .withTarget(
          query(
            `sum(changes(process_start_time_seconds{${PROCESSES}}[$__range]))`,
            'restarts',
          ).instant(),
        ),
    ].map((panel) => panel.span(3)),
  };
}
