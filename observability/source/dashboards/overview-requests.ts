import { ERRORS } from '../objectives.ts';
import type { Row } from './frame.ts';
import { outcomeOverrides } from './outcomes.ts';
import { runbook, stackedSeries, thresholdLines, timeSeries } from './panels.ts';
import { query } from './queries.ts';
import { MODELS, PROCESSES, rate } from './selectors.ts';
import { errorShareBy, errorShareOfAll } from './shares.ts';
import { ERROR_BUDGET, errorShare } from './thresholds.ts';

/** What is asked, and what becomes of it. */
export function requests(): Row {
  return {
    title: 'Requests',
    panels: [
      stackedSeries({
        title: 'Requests by model and outcome',
        description:
          "Requests for a prediction per second, stacked: green were answered. Purple were wrong themselves and are their sender's affair; yellow were turned away, orange came too late and red failed: those count as errors. The model `unknown` stands for requests whose model was not ready or is not there.",
        unit: 'reqps',
      })
        .span(10)
        .height(8)
        .overrides(outcomeOverrides())
        // What is well lies below.
        .targets(
          ['=', '!='].map((is) =>
            query(
              `sum by (model, outcome) (${rate('prediction_requests_total', `${MODELS},outcome${is}"ok"`)})`,
              '{{model}} {{outcome}}',
            ),
          ),
        ),
      timeSeries({
        title: 'Errors by model',
        description: `Share of requests that failed, timed out or were turned away (${ERRORS.split('|').join(', ')}), of those that were not wrong themselves. The dashed lines are what the objective allows, ${ERROR_BUDGET * 100} %, and what somebody is paged for. Look at the outcomes beside it for what kind they are.`,
        unit: 'percentunit',
      })
        .span(7)
        .height(8)
        .axisSoftMax(ERROR_BUDGET * 2)
        .thresholds(errorShare())
        .thresholdsStyle(thresholdLines())
        .links([runbook('PredictionErrorBudgetBurn')])
        .withTarget(query(errorShareBy('model'), '{{model}}'))
        .withTarget(query(errorShareOfAll(), 'all')),
      stackedSeries({
        title: 'HTTP answers by status',
        description:
          'Answers per second to what was posted, predictions above all, by status. Beside the outcomes it is what proxies and clients see: 4xx are wrong requests, and 503 says that somebody should come back later.',
        unit: 'reqps',
      })
        .span(7)
        .height(8)
        .withTarget(
          query(
            `sum by (status) (${rate('http_request_duration_seconds_count', `${PROCESSES},method="POST"`)})`,
            '{{status}}',
          ),
        ),
    ],
  };
}
