import {
  DRIFT_WINDOWS,
  featureDrift,
  featureDriftRows,
  modelDrift,
  modelDriftRows,
} from '../drift-rules.ts';
import { DRIFT_PSI, DRIFT_PSI_MODERATE, DRIFT_ROWS } from '../objectives.ts';
import { featureBinsChart } from './feature-bins.ts';
import type { Row } from './frame.ts';
import {
  barGauge,
  logarithmicSeries,
  runbook,
  stat,
  statusHistory,
  thresholdLines,
  timeSeries,
} from './panels.ts';
import { query } from './queries.ts';
import { MODELS, RECORDED } from './selectors.ts';
import { drift as driftThresholds, from } from './thresholds.ts';
import { OF_VERSION } from './versions.ts';

const SCALE = `Below ${DRIFT_PSI_MODERATE} (green) the two are alike, above ${DRIFT_PSI} (red) they are not.`;
const ALL = 'It is of all processes, whatever is chosen above.';

/** Whether what the model meets and predicts is still spread as in its training data. */
export function drift(): Row {
  return {
    title: 'Drift',
    panels: [
      barGauge({
        title: 'Most drifted features',
        description: `The ten features whose values over 24 hours differ most from those in training, by their population stability index (PSI). ${SCALE} FeatureDrift fires for the red ones once there are ${DRIFT_ROWS} rows. ${ALL}`,
        unit: 'none',
      })
        .span(10)
        .height(9)
        .decimals(2)
        .thresholds(driftThresholds())
        .links([runbook('FeatureDrift')])
        .withTarget(
          query(
            `sort_desc(topk(10, ${featureDrift('24h')}{${RECORDED}}))`,
            `{{feature}} (${OF_VERSION})`,
          ).instant(),
        ),
      featureBinsChart()
        .span(14)
        .height(9)
        .links([runbook('FeatureDrift')]),
      timeSeries({
        title: 'PSI of predictions',
        description: `How much what is predicted differs from the training data: its classes for a classifier, bins of its values for a regressor, over the last hour and the last 24. ${SCALE} PredictionDrift fires when 24 hours are above ${DRIFT_PSI}. ${ALL}`,
        unit: 'none',
      })
        .span(10)
        .height(8)
        .decimals(2)
        .axisSoftMax(DRIFT_PSI)
        .thresholds(driftThresholds())
        .thresholdsStyle(thresholdLines())
        .links([runbook('PredictionDrift')])
        .targets(
          DRIFT_WINDOWS.map((window) =>
            query(`${modelDrift(window)}{${RECORDED}}`, `${OF_VERSION} ${window}`),
          ),
        ),
      logarithmicSeries({
        title: 'Rows to judge drift by',
        description: `Rows that were counted over the last hour and the last 24, of the feature or prediction that has fewest. Below the dashed line, at ${DRIFT_ROWS}, there are too few for a verdict; there are none for a while when a card has replaced one with other bins.`,
        unit: 'short',
      })
        .span(10)
        .height(8)
        .thresholds(from([DRIFT_ROWS, 'blue']))
        .thresholdsStyle(thresholdLines())
        .targets(
          DRIFT_WINDOWS.map((window) =>
            query(
              `min by (model, version) (${featureDriftRows(window)}{${RECORDED}} or ${modelDriftRows(window)}{${RECORDED}})`,
              `${OF_VERSION} ${window}`,
            ),
          ),
        ),
      stat({
        title: 'Features left out',
        description:
          'Features of the chosen versions that have reference statistics and are not counted, since they are more than DRIFT_MAX_FEATURES: their drift is not seen. Raise the setting, or have those first in the card that matter.',
        unit: 'none',
      })
        .span(4)
        .height(8)
        .thresholds(from([1, 'orange']))
        .withTarget(
          query(
            `sum(max by (model, version) (prediction_features_left_out{${MODELS}}))`,
            'left out',
          ),
        ),
      // In a line of its own: it is there once for each of the chosen models.
      statusHistory({
        title: 'PSI of features of $model',
        description: `How much the values of each feature differed from those in training over the hour before, over time. ${SCALE} Stripes that come back every day are the hours of the day. An hour with fewer than ${DRIFT_ROWS} rows has no verdict and is left empty. ${ALL}`,
        unit: 'none',
      })
        .span(24)
        .height(16)
        .repeat('model')
        .maxPerRow(2)
        .decimals(2)
        .thresholds(driftThresholds())
        .links([runbook('FeatureDrift')])
        .withTarget(
          query(
            `${featureDrift('1h')}{${RECORDED}} and ${featureDriftRows('1h')} >= ${DRIFT_ROWS}`,
            '{{feature}} v{{version}}',
          ),
        ),
    ],
  };
}
