import { AVAILABILITY, LATENCY_BUDGET_SECONDS, TOTAL_PREDICTION_SECONDS } from '../objectives.ts';
import type { Row } from './frame.ts';
import { runbook, stat } from './panels.ts';
import { query } from './queries.ts';
import { MODELS, quantile, rate } from './selectors.ts';
import { asked, errorShareOfAll } from './shares.ts';
import { errorShare, from, latency, neutral } from './thresholds.ts';

/** What is asked of the model, and how it does. */
export function glance(): Row {
  return {
    panels: [
      stat({
        title: 'Requests',
        description: 'Requests per second for the chosen versions, however they ended.',
        unit: 'reqps',
      })
        .thresholds(neutral())
        .withTarget(query(`sum(${asked})`, 'requests')),
      stat({
        title: 'Errors',
        description: `Share of requests that failed, timed out or were turned away. The objective is ${AVAILABILITY * 100} % that were not: orange is less, red is as much less as somebody is paged for.`,
        unit: 'percentunit',
      })
        .decimals(2)
        .thresholds(errorShare())
        .links([runbook('PredictionErrorBudgetBurn')])
        .withTarget(query(errorShareOfAll(), 'errors')),
      stat({
        title: 'Prediction p95',
        description: `One run in twenty takes this long or longer. The budget is ${LATENCY_BUDGET_SECONDS * 1000} ms: orange from half of it on, red above it.`,
        unit: 's',
      })
        .thresholds(latency())
        .links([runbook('PredictionLatencyHigh')])
        .withTarget(query(quantile(0.95, 'prediction_time_seconds'), 'p95')),
      stat({
        title: 'Time per row',
        description:
          'Prediction time divided by rows: what one row costs. It falls when rows share runs; worry when it rises although they do.',
        unit: 's',
      })
        .thresholds(neutral())
        .withTarget(
          query(
            `sum(${rate('prediction_time_seconds_sum', MODELS)}) / sum(${rate('prediction_rows_total', MODELS)})`,
            'per row',
          ),
        ),
      stat({
        title: 'Last run',
        description:
          'Time since one of the chosen versions last ran. Worry when it is long for a model that people use.',
        unit: 's',
      })
        .thresholds(neutral())
        .withTarget(
          query(`time() - max(prediction_last_timestamp_seconds{${MODELS}})`, 'last run'),
        ),
      stat({
        title: 'Time in all',
        description: `What all predictions of a version have taken together since its process began, of the one that has taken most: what Alert_Prediction_Time watches, which fires above ${TOTAL_PREDICTION_SECONDS} s. It only grows, so that red says nothing of now.`,
        unit: 's',
      })
        .thresholds(from([TOTAL_PREDICTION_SECONDS, 'red']))
        .links([runbook('Alert_Prediction_Time')])
        .withTarget(query(`max(prediction_time_seconds_sum{${MODELS}})`, 'in all')),
    ].map((panel) => panel.span(4)),
  };
}
