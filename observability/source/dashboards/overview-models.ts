import { LineInterpolation } from '@grafana/grafana-foundation-sdk/common';
import type { Row } from './frame.ts';
import { modelTable } from './model-table.ts';
import { legendTable, timeSeries } from './panels.ts';
import { query } from './queries.ts';
import { MODELS } from './selectors.ts';

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
        .span(8)
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
    ],
  };
}
