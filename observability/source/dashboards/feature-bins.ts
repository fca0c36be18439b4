import { PanelBuilder as BarChartBuilder } from '@grafana/grafana-foundation-sdk/barchart';
import {
  LegendDisplayMode,
  LegendPlacement,
  StackingMode,
  TooltipDisplayMode,
  VisibilityMode,
  VizLegendOptionsBuilder,
  VizOrientation,
  VizTooltipOptionsBuilder,
} from '@grafana/grafana-foundation-sdk/common';
import { FEATURE_REFERENCE, featureBins } from '../drift-rules.ts';
import { colored } from './panels.ts';
import { PROMETHEUS, tableQuery } from './queries.ts';
import { RECORDED } from './selectors.ts';

const FEATURE = `${RECORDED},feature="$feature"`;

/** A text of a bin's upper edge has no order of its own: this label has it as a number, the last bins behind all others. */
function withOrder(bins: string): string {
  const replace = (expr: string, by: string, of: string) =>
    `label_replace(${expr}, "order", "${by}", "bin", "${of}")`;
  return replace(replace(replace(bins, '$1', '(.*)'), '1e307', '[+]Inf'), '1e308', 'missing');
}

const TRAINING = `avg by (bin, order) (${withOrder(`${FEATURE_REFERENCE}{${FEATURE}}`)})`;
const COUNTED = `(${featureBins('24h')}{${FEATURE}} and ${FEATURE_REFERENCE})`;
const OBSERVED = `sum by (bin, order) (${withOrder(COUNTED)}) / on () group_left () (sum(${COUNTED}) > 0)`;

/** How the values of one feature are spread over its bins, beside how they were in training. */
export function featureBinsChart(): BarChartBuilder {
  return new BarChartBuilder()
    .title('Bins of $feature')
    .description(
      'Shares of rows by the bin that the value of the feature chosen above is in: training beside the last 24 hours, of the chosen versions together. A bin is named by its upper edge, and missing is what is no number. Where bars differ is where the feature has drifted; choose one version where versions have other bins.',
    )
    .datasource(PROMETHEUS)
    .unit('percentunit')
    .min(0)
    .orientation(VizOrientation.Vertical)
    .xField('bin')
    .xTickLabelRotation(0)
    .stacking(StackingMode.None)
    .showValue(VisibilityMode.Never)
    .barWidth(0.95)
    .groupWidth(0.8)
    .fillOpacity(80)
    .legend(
      new VizLegendOptionsBuilder()
        .displayMode(LegendDisplayMode.List)
        .placement(LegendPlacement.Bottom)
        .showLegend(true),
    )
    .tooltip(new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi))
    .overrideByName('training', colored('blue'))
    .overrideByName('last 24 hours', colored('orange'))
    .withTransformation({ id: 'merge', options: {} })
    .withTransformation({
      id: 'convertFieldType',
      options: {
        fields: {},
        conversions: [{ targetField: 'order', destinationType: 'number' }],
      },
    })
    .withTransformation({ id: 'sortBy', options: { fields: {}, sort: [{ field: 'order' }] } })
    .withTransformation({
      id: 'organize',
      options: {
        excludeByName: { Time: true, order: true },
        indexByName: { bin: 0, 'Value #A': 1, 'Value #B': 2 },
        renameByName: { 'Value #A': 'training', 'Value #B': 'last 24 hours' },
      },
    })
    .withTarget(tableQuery(TRAINING))
    .withTarget(tableQuery(OBSERVED));
}
