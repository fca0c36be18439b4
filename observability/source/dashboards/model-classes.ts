import type { Row } from './frame.ts';
import { barGauge, legendTable, stackedSeries } from './panels.ts';
import { query } from './queries.ts';
import { MODELS, rate } from './selectors.ts';

/** What is predicted, for models that have classes. */
export function classes(): Row {
  const byClass = (labels: string) =>
    `sum by (${labels}) (increase(prediction_class_total{${MODELS}}[$__range]))`;
  const perSecond = (labels: string) =>
    `sum by (${labels}) (${rate('prediction_class_total', MODELS)})`;
  return {
    title: 'Predicted classes',
    panels: [
      barGauge({
        title: 'Predicted classes by version',
        description:
          'Shares of the predicted classes in the time that is shown, by version. A new version whose shares differ from those of the old one judges differently: find out whether it is right.',
        unit: 'percentunit',
      })
        .span(24)
        .height(8)
        .max(1)
        .withTarget(
          query(
            `${byClass('model, version, class')} / on (model, version) group_left () (${byClass('model, version')} > 0)`,
            '{{model}} v{{version}} {{class}}',
          ).instant(),
        ),
      // In a line of its own: it is there once for each of the chosen models.
      stackedSeries({
        title: 'Predicted classes of $model',
        description:
          'Shares of the predicted classes over time, of the chosen versions together. Worry when they shift without a reason: what is asked has changed, or the model has.',
        unit: 'percentunit',
      })
        .span(24)
        .height(9)
        .repeat('model')
        .maxPerRow(2)
        .max(1)
        .legend(legendTable(['mean', 'lastNotNull']))
        .withTarget(
          query(
            `${perSecond('model, class')} / on (model) group_left () (${perSecond('model')} > 0)`,
            '{{class}}',
          ),
        ),
    ],
  };
}
