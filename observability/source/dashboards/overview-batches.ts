import type { Row } from './frame.ts';
import { logarithmicSeries, runbook, stackedSeries, timeSeries } from './panels.ts';
import { query } from './queries.ts';
import { MODELS, mean, quantile, rate } from './selectors.ts';

/** What waits for a run, and what shares one. */
export function batches(): Row {
  return {
    title: 'Queue and batches',
    panels: [
      logarithmicSeries({
        title: 'Queue time',
        description:
          'Time that requests waited for their run. Worry when it grows beyond the prediction time: then more is asked than can be run, and requests will be turned away next.',
        unit: 's',
      })
        .span(8)
        .height(7)
        .links([runbook('PredictionQueueSaturated')])
        .targets(
          [0.5, 0.99].map((share) =>
            query(quantile(share, 'prediction_queue_time_seconds'), `p${share * 100}`),
          ),
        ),
      timeSeries({
        title: 'Rows per run',
        description:
          'How many rows one run had in the mean, by model. More than one row per request is requests that share runs, or send several rows; it rises with load, which is what keeps queues short.',
        unit: 'none',
      })
        .span(8)
        .height(7)
        .decimals(1)
        .withTarget(query(mean('prediction_batch_rows', ['model']), '{{model}}')),
      stackedSeries({
        title: 'Rows predicted',
        description:
          'Rows per second, by model: the work that is done, where requests are of different sizes.',
        unit: 'rowsps',
      })
        .span(8)
        .height(7)
        .withTarget(
          query(`sum by (model) (${rate('prediction_rows_total', MODELS)})`, '{{model}}'),
        ),
    ],
  };
}
