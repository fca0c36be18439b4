import type { Row } from './frame.ts';
import { edgeHttpRate, edgeRate } from './hubs.ts';
import { outcomeOverrides } from './outcomes.ts';
import { logarithmicSeries, runbook, stackedSeries, timeSeries } from './panels.ts';
import { query } from './queries.ts';

/** What is asked of the edge, and what it answers. */
export function answers(): Row {
  const time = edgeRate('prediction_time_seconds_bucket');
  return {
    title: 'Predictions at the edge',
    panels: [
      stackedSeries({
        title: 'Predictions by model and outcome',
        description:
          'Requests for a prediction per second, stacked: green were answered. Purple were wrong themselves; yellow were turned away, orange came too late and red failed.',
        unit: 'reqps',
      })
        .overrides(outcomeOverrides())
        .targets(
          ['=', '!='].map((is) =>
            query(
              `sum by (model, outcome) (${edgeRate('prediction_requests_total', `outcome${is}"ok"`)})`,
              '{{model}} {{outcome}}',
            ),
          ),
        ),
      timeSeries({
        title: 'Prediction time at the edge',
        description:
          'Time of runs with the resolution of the clock there, a millisecond: what takes less is seen as 0 or as 1 ms. Reading the rows is in it, and so is what else the isolate did meanwhile.',
        unit: 's',
      })
        .links([runbook('PredictionLatencyHigh')])
        .targets(
          [0.5, 0.9, 0.99].map((share) =>
            query(`histogram_quantile(${share}, sum by (le) (${time}))`, `p${share * 100}`),
          ),
        ),
      logarithmicSeries({
        title: 'Whole request at the edge, p99',
        description:
          'The time within which 99 of 100 requests were answered, by route. The way from the client to the edge is not in it.',
        unit: 's',
      }).withTarget(
        query(
          `histogram_quantile(0.99, sum by (route, le) (${edgeHttpRate('http_request_duration_seconds_bucket', 'method="POST"')}))`,
          '{{route}}',
        ),
      ),
    ].map((panel) => panel.span(8).height(8)),
  };
}
