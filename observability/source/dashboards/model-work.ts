import { LATENCY_BUDGET_SECONDS } from '../objectives.ts';
import type { Row } from './frame.ts';
import {
  heatmap,
  logarithmicSeries,
  runbook,
  stackedSeries,
  thresholdLines,
  timeSeries,
} from './panels.ts';
import { bucketQuery, query } from './queries.ts';
import { MODELS, mean, quantile, rate } from './selectors.ts';
import { latency } from './thresholds.ts';
import { byVersion, OF_VERSION } from './versions.ts';

/** How long it takes, by version, and what for. */
export function work(): Row {
  return {
    title: 'Time and rows',
    panels: [
      logarithmicSeries({
        title: 'Prediction time by version',
        description: `Median and 99th percentile of runs, by version. The dashed line is the budget of the 95th percentile, ${LATENCY_BUDGET_SECONDS * 1000} ms. Worry when a new version lies above the old one.`,
        unit: 's',
      })
        .thresholds(latency())
        .thresholdsStyle(thresholdLines())
        .links([runbook('PredictionLatencyHigh')])
        .targets(
          [0.5, 0.99].map((share) =>
            query(
              quantile(share, 'prediction_time_seconds', ['model', 'version']),
              `${OF_VERSION} p${share * 100}`,
            ),
          ),
        ),
      heatmap({
        title: 'Prediction time, every run',
        description:
          'Runs per second of the chosen versions by the time they took. Two bands are two kinds of work, such as small and large batches.',
        unit: 's',
      }).withTarget(
        bucketQuery(`sum by (le) (${rate('prediction_time_seconds_bucket', MODELS)})`).exemplar(
          true,
        ),
      ),
      logarithmicSeries({
        title: 'Queue time by version',
        description:
          'The time within which 99 of 100 requests got their run. Worry when it is longer than the prediction time.',
        unit: 's',
      })
        .links([runbook('PredictionQueueSaturated')])
        .withTarget(
          query(quantile(0.99, 'prediction_queue_time_seconds', ['model', 'version']), OF_VERSION),
        ),
      stackedSeries({
        title: 'Rows predicted by version',
        description: 'Rows per second by version, stacked: the work that each does.',
        unit: 'rowsps',
      }).withTarget(query(byVersion(rate('prediction_rows_total', MODELS)), OF_VERSION)),
      timeSeries({
        title: 'Rows per run',
        description: 'How many rows one run had in the mean, by version.',
        unit: 'none',
      })
        .decimals(1)
        .withTarget(query(mean('prediction_batch_rows', ['model', 'version']), OF_VERSION)),
      timeSeries({
        title: 'Time per row by version',
        description:
          'Prediction time divided by rows, by version: a fair comparison where their batches are of different sizes.',
        unit: 's',
      }).withTarget(
        query(
          `${byVersion(rate('prediction_time_seconds_sum', MODELS))} / ${byVersion(rate('prediction_rows_total', MODELS))}`,
          OF_VERSION,
        ),
      ),
    ].map((panel) => panel.span(8).height(8)),
  };
}
