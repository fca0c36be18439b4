import { LineInterpolation } from '@grafana/grafana-foundation-sdk/common';
import { featureDrift, featureDriftRows } from '../drift-rules.ts';
import { DRIFT_PSI, DRIFT_ROWS } from '../objectives.ts';
import type { Row } from './frame.ts';
import { modelTable } from './model-table.ts';
import { legendTable, runbook, stat, timeSeries } from './panels.ts';
import { query } from './queries.ts';
import { MODELS, RECORDED } from './selectors.ts';
import { from } from './thresholds.ts';

/** What is loaded, and what could not be. */
export function models(): Row {
  return {
    title: 'Models',
    panels: [
      modelTable().span(16).height(6),
      timeSeries({
        title: 'Load failures',
        description:
          'Versions that could not be loaded since their process began, by reason (docs/errors.md). It stays until the process ends; what matters is a step. What was served before still is, and the log says what is wrong with the files.',
        unit: 'none',
      })
        .span(5)
        .height(6)
        .decimals(0)
        .lineInterpolation(LineInterpolation.StepAfter)
        .legend(legendTable(['lastNotNull']))
        .withTarget(
          query(
            `sum by (model, version, reason) (model_load_failures_total{${MODELS}})`,
            '{{model}} v{{version}} {{reason}}',
          ),
        ),
      stat({
        title: 'Features drifted',
        description: `Features of models whose values have another distribution over 24 hours than in training: their population stability index is above ${DRIFT_PSI}, of ${DRIFT_ROWS} rows or more. It is of all processes, whatever is chosen above; the dashboard of models has which.`,
        unit: 'none',
      })
        .span(3)
        .height(6)
        .thresholds(from([1, 'orange']))
        .links([runbook('FeatureDrift')])
        .withTarget(
          query(
            `count(${featureDrift('24h')}{${RECORDED}} > ${DRIFT_PSI} and ${featureDriftRows('24h')} >= ${DRIFT_ROWS}) or vector(0)`,
            'drifted',
          ),
        ),
    ],
  };
}
