import type { Row } from './frame.ts';
import { outcomeOverrides } from './outcomes.ts';
import { runbook, stackedSeries, thresholdLines, timeSeries } from './panels.ts';
import { query } from './queries.ts';
import { MODELS, rate } from './selectors.ts';
import { errorShareBy } from './shares.ts';
import { errorShare } from './thresholds.ts';
import { byVersion, OF_VERSION } from './versions.ts';

/** What becomes of requests, by version. */
export function answers(): Row {
  return {
    title: 'Requests',
    panels: [
      stackedSeries({
        title: 'Requests by version',
        description:
          'Requests per second by version, stacked: after a reload it shows when the new version took over.',
        unit: 'reqps',
      }).withTarget(query(byVersion(rate('prediction_requests_total', MODELS)), OF_VERSION)),
      stackedSeries({
        title: 'Outcomes',
        description:
          'Requests per second by how they ended, stacked: green were answered. Purple were wrong themselves; yellow were turned away, orange came too late and red failed.',
        unit: 'reqps',
      })
        .overrides(outcomeOverrides())
        .targets(
          ['=', '!='].map((is) =>
            query(
              `sum by (outcome) (${rate('prediction_requests_total', `${MODELS},outcome${is}"ok"`)})`,
              '{{outcome}}',
            ),
          ),
        ),
      timeSeries({
        title: 'Errors by version',
        description:
          'Share of requests that failed, timed out or were turned away. The dashed lines are what the objective allows, and what somebody is paged for; a version that is worse than the one before is to be taken back.',
        unit: 'percentunit',
      })
        .thresholds(errorShare())
        .thresholdsStyle(thresholdLines())
        .links([runbook('PredictionErrorBudgetBurn')])
        .withTarget(query(errorShareBy('model', 'version'), OF_VERSION)),
      timeSeries({
        title: 'Time of requests by outcome',
        description:
          'Mean time from arrival to answer, by how it ended. Those turned away should be quick, and those that came too late take REQUEST_TIMEOUT_MS; worry when failures are slow, since they take the place of others.',
        unit: 's',
      })
        .overrides(outcomeOverrides())
        .withTarget(
          query(
            `sum by (outcome) (${rate('prediction_request_seconds_total', MODELS)}) / sum by (outcome) (${rate('prediction_requests_total', MODELS)})`,
            '{{outcome}}',
          ),
        ),
    ].map((panel) => panel.span(6).height(8)),
  };
}
