import { LATENCY_BUDGET_SECONDS } from '../objectives.ts';
import type { Row } from './frame.ts';
import { heatmap, logarithmicSeries, runbook, thresholdLines } from './panels.ts';
import { bucketQuery, query } from './queries.ts';
import { MODELS, PROCESSES, quantile, rate } from './selectors.ts';
import { latency } from './thresholds.ts';

/** How long it takes, from the inside to the outside. */
export function times(): Row {
  return {
    title: 'Time',
    panels: [
      logarithmicSeries({
        title: 'Prediction time',
        description: `Time of one inference run, without queue and network, of all models together. The dashed line is the budget of the 95th percentile, ${LATENCY_BUDGET_SECONDS * 1000} ms. Worry when p99 leaves the others behind, or all of them rise: the model's own dashboard shows which version.`,
        unit: 's',
      })
        .span(8)
        .height(8)
        .thresholds(latency())
        .thresholdsStyle(thresholdLines())
        .links([runbook('PredictionLatencyHigh')])
        .targets(
          [0.5, 0.9, 0.99].map((share) =>
            query(quantile(share, 'prediction_time_seconds'), `p${share * 100}`).exemplar(
              share === 0.99,
            ),
          ),
        ),
      heatmap({
        title: 'Prediction time, every run',
        description:
          'Runs per second by the time they took. Two bands are two kinds of work, such as a fast and a slow model; a band that moves up is one kind that gets slower, which percentiles of everything can hide.',
        unit: 's',
      })
        .span(8)
        .height(8)
        .withTarget(
          bucketQuery(`sum by (le) (${rate('prediction_time_seconds_bucket', MODELS)})`).exemplar(
            true,
          ),
        ),
      logarithmicSeries({
        title: 'Whole request, p99',
        description:
          'The time within which 99 of 100 requests over HTTP were answered, from arrival to answer, by route. What it has more than the prediction time is reading, waiting and writing: see the queue and the event loop below.',
        unit: 's',
      })
        .span(8)
        .height(8)
        .withTarget(
          query(
            `histogram_quantile(0.99, sum by (route, le) (${rate('http_request_duration_seconds_bucket', `${PROCESSES},method="POST"`)}))`,
            '{{route}}',
          ),
        ),
    ],
  };
}
