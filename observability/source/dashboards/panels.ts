import { PanelBuilder as BarGaugeBuilder } from '@grafana/grafana-foundation-sdk/bargauge';
import {
  BarGaugeDisplayMode,
  BigValueGraphMode,
  GraphThresholdsStyleConfigBuilder,
  GraphThresholdsStyleMode,
  LegendDisplayMode,
  LegendPlacement,
  ReduceDataOptionsBuilder,
  ScaleDistribution,
  ScaleDistributionConfigBuilder,
  SortOrder,
  StackingConfigBuilder,
  StackingMode,
  TooltipDisplayMode,
  VisibilityMode,
  VizLegendOptionsBuilder,
  VizOrientation,
  VizTooltipOptionsBuilder,
} from '@grafana/grafana-foundation-sdk/common';
import {
  DashboardLinkBuilder,
  FieldColorBuilder,
  FieldColorModeId,
} from '@grafana/grafana-foundation-sdk/dashboard';
import {
  CellValuesBuilder,
  PanelBuilder as HeatmapBuilder,
  HeatmapColorMode,
  HeatmapColorOptionsBuilder,
  HeatmapTooltipBuilder,
  YAxisConfigBuilder,
} from '@grafana/grafana-foundation-sdk/heatmap';
import { PanelBuilder as StatBuilder } from '@grafana/grafana-foundation-sdk/stat';
import { PanelBuilder as StatusHistoryBuilder } from '@grafana/grafana-foundation-sdk/statushistory';
import { PanelBuilder as TimeSeriesBuilder } from '@grafana/grafana-foundation-sdk/timeseries';
import { runbookUrl } from '../runbooks.ts';
import { PROMETHEUS } from './queries.ts';
import { neutral } from './thresholds.ts';

/** What every panel says of itself: what it shows, how it is read, and when to worry. */
export interface PanelText {
  readonly title: string;
  readonly description: string;
  readonly unit: string;
}

/** Lines over time from zero up, with a table of the means and maxima below. */
export function timeSeries(panel: PanelText): TimeSeriesBuilder {
  return lines(panel).min(0);
}

/** The same for what spans several powers of ten. It has no zero, and what is zero is not drawn. */
export function logarithmicSeries(panel: PanelText): TimeSeriesBuilder {
  return lines(panel).scaleDistribution(
    new ScaleDistributionConfigBuilder().type(ScaleDistribution.Log).log(10),
  );
}

function lines({ title, description, unit }: PanelText): TimeSeriesBuilder {
  return new TimeSeriesBuilder()
    .title(title)
    .description(description)
    .datasource(PROMETHEUS)
    .unit(unit)
    .lineWidth(1)
    .fillOpacity(10)
    .showPoints(VisibilityMode.Never)
    .thresholds(neutral())
    .colorScheme(new FieldColorBuilder().mode(FieldColorModeId.PaletteClassic))
    .legend(legendTable(['mean', 'max']))
    .tooltip(
      new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi).sort(SortOrder.Descending),
    );
}

/** What Grafana calls the columns of a legend. */
const COLUMNS = { mean: 'Mean', max: 'Max', lastNotNull: 'Last *' } as const;

/** A legend with a line per series and what becomes of its values, the largest first by the last of them. */
export function legendTable(calcs: (keyof typeof COLUMNS)[]): VizLegendOptionsBuilder {
  const [last = 'max'] = calcs.slice(-1);
  return new VizLegendOptionsBuilder()
    .sortBy(COLUMNS[last])
    .sortDesc(true)
    .displayMode(LegendDisplayMode.Table)
    .placement(LegendPlacement.Bottom)
    .showLegend(true)
    .calcs(calcs);
}

/** The same as areas on top of each other, without lines: one that is at zero would hide what is below it. */
export function stackedSeries(panel: PanelText): TimeSeriesBuilder {
  return timeSeries(panel)
    .lineWidth(0)
    .fillOpacity(70)
    .stacking(new StackingConfigBuilder().mode(StackingMode.Normal).group('A'));
}

/** Draws thresholds as dashed lines. */
export const thresholdLines = () =>
  new GraphThresholdsStyleConfigBuilder().mode(GraphThresholdsStyleMode.Dashed);

/** One number: the last one, with its way there behind it. */
export function stat({ title, description, unit }: PanelText): StatBuilder {
  return new StatBuilder()
    .title(title)
    .description(description)
    .datasource(PROMETHEUS)
    .unit(unit)
    .height(4)
    .graphMode(BigValueGraphMode.Area)
    .reduceOptions(new ReduceDataOptionsBuilder().calcs(['lastNotNull']));
}

/** How many runs fell into each bucket of a histogram over time; its unit is that of the buckets. */
export function heatmap({ title, description, unit }: PanelText): HeatmapBuilder {
  return new HeatmapBuilder()
    .title(title)
    .description(description)
    .datasource(PROMETHEUS)
    .unit(unit)
    .yAxis(new YAxisConfigBuilder().unit(unit))
    .color(
      new HeatmapColorOptionsBuilder()
        .mode(HeatmapColorMode.Scheme)
        .scheme('Turbo')
        .exponent(0.5)
        .steps(64),
    )
    .cellValues(new CellValuesBuilder().unit('ops').decimals(2))
    .tooltip(
      new HeatmapTooltipBuilder()
        .mode(TooltipDisplayMode.Single)
        .yHistogram(true)
        .showColorScale(true),
    );
}

/** Bars side by side, of this moment. */
export function barGauge({ title, description, unit }: PanelText): BarGaugeBuilder {
  return new BarGaugeBuilder()
    .title(title)
    .description(description)
    .datasource(PROMETHEUS)
    .unit(unit)
    .min(0)
    .displayMode(BarGaugeDisplayMode.Basic)
    .orientation(VizOrientation.Horizontal)
    .thresholds(neutral())
    .reduceOptions(new ReduceDataOptionsBuilder().calcs(['lastNotNull']));
}

/**
 * A line of boxes over time for each series, in the colours of thresholds. Grafana draws no more boxes than have room, and
 * nothing where there are more, hence a bound of how many it asks for.
 */
export function statusHistory({ title, description, unit }: PanelText): StatusHistoryBuilder {
  return new StatusHistoryBuilder()
    .title(title)
    .description(description)
    .datasource(PROMETHEUS)
    .unit(unit)
    .maxDataPoints(60)
    .showValue(VisibilityMode.Never)
    .perPage(64)
    .rowHeight(0.9)
    .colWidth(0.95)
    .colorScheme(new FieldColorBuilder().mode(FieldColorModeId.Thresholds))
    .legend(
      new VizLegendOptionsBuilder()
        .displayMode(LegendDisplayMode.List)
        .placement(LegendPlacement.Bottom)
        .showLegend(true),
    )
    .tooltip(new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Single));
}

/** Where to read on about an alert that a panel shows the values of. */
export function runbook(alert: string): DashboardLinkBuilder {
  return new DashboardLinkBuilder(`Runbook: ${alert}`).url(runbookUrl(alert)).targetBlank(true);
}

/** A fixed colour for the series whose name a pattern fits. */
export function colored(color: string) {
  return [{ id: 'color', value: { mode: FieldColorModeId.Fixed, fixedColor: color } }];
}
