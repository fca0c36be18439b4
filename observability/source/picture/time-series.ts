import { scaleFor, timeTicks } from './axis.ts';
import { drawChart } from './chart.ts';
import type { Panel } from './dashboard-json.ts';
import type { Mark } from './marks.ts';
import type { NamedSeries } from './panel-data.ts';
import type { TimeRange } from './prometheus-api.ts';
import { seriesColor } from './series-colors.ts';
import type { Box } from './svg.ts';
import { COLORS, colorOf, FONT } from './theme.ts';
import { formatValue } from './units.ts';

export const AXIS_LABEL = { color: COLORS.muted, fontSize: 11, fontFamily: FONT } as const;
/** Room for labels of the axes. */
export const GRID = { left: 58, right: 12, top: 10, bottom: 22 } as const;

/** A moment, and what a series has there. */
type Point = readonly [seconds: number, value: number | null];

/** Lines over time, as the panel wants them: filled, stacked, logarithmic, with its thresholds and what happened. */
export function drawTimeSeries(
  panel: Panel,
  series: readonly NamedSeries[],
  marks: readonly Mark[],
  range: TimeRange,
  box: Box,
): string {
  const { custom } = panel.fieldConfig.defaults;
  const isLogarithmic = custom.scaleDistribution.type === 'log';
  const isStacked = custom.stacking.mode === 'normal';
  const lines = series.map(({ points }) => onGrid(points, range, isStacked ? 0 : null));
  return drawChart(box, {
    grid: GRID,
    xAxis: timeAxis(range, box.width - GRID.left - GRID.right),
    yAxis: valueAxis(panel, isStacked ? addUp(lines) : lines.flat()),
    series: series.map(({ name }, place) => {
      const color = seriesColor(panel, name, place);
      return {
        type: 'line',
        silent: true,
        showSymbol: false,
        step: custom.lineInterpolation === 'stepAfter' ? 'end' : false,
        // A little more than Grafana's, since a README shrinks it.
        lineStyle: { width: custom.lineWidth * 1.5, color },
        ...(isLogarithmic ? {} : { areaStyle: { color, opacity: custom.fillOpacity / 100 } }),
        ...(isStacked ? { stack: 'all' } : {}),
        data: (lines[place] ?? []).map(([seconds, value]) => [
          seconds * 1000,
          value !== null && isLogarithmic && value <= 0 ? null : value,
        ]),
        ...(place === 0 ? { markLine: markLines(panel, marks) } : {}),
      };
    }),
  });
}

/** The axis of time, from one end of the picture to the other. */
function timeAxis({ from, to }: TimeRange, width: number) {
  return {
    type: 'time',
    min: from * 1000,
    max: to * 1000,
    axisLine: { lineStyle: { color: COLORS.grid } },
    axisTick: { show: false },
    splitLine: { show: false },
    axisLabel: {
      ...AXIS_LABEL,
      formatter: '{HH}:{mm}',
      customValues: timeTicks(from, to, width).map((seconds) => seconds * 1000),
    },
  };
}

function valueAxis({ fieldConfig: { defaults } }: Panel, points: readonly Point[]) {
  const { unit, decimals, max, custom } = defaults;
  const isWhole = decimals === 0;
  const largest = Math.max(...points.map(([, value]) => value ?? 0), custom.axisSoftMax ?? 0);
  const scale =
    custom.scaleDistribution.type === 'log'
      ? { type: 'log' }
      : { type: 'value', min: 0, ...scaleFor(max ?? largest, unit, isWhole) };
  return {
    ...scale,
    splitLine: { lineStyle: { color: COLORS.grid } },
    axisLabel: {
      ...AXIS_LABEL,
      hideOverlap: true,
      formatter: (value: number) => formatValue(value, unit, isWhole ? 0 : undefined),
    },
  };
}

/** A value for every step of the picture, so that what is stacked lies on what is below it at the same moment. */
function onGrid(
  points: NamedSeries['points'],
  { from, to, step }: TimeRange,
  missing: number | null,
): Point[] {
  const values = new Map(points.map(([seconds, value]) => [Math.round(seconds), value]));
  const length = Math.floor((to - from) / step) + 1;
  return Array.from({ length }, (_, i) => {
    const seconds = from + i * step;
    const value = values.get(Math.round(seconds));
    return [seconds, value !== undefined && Number.isFinite(value) ? value : missing] as const;
  });
}

/** The upper edge of what is stacked. */
function addUp([first = [], ...others]: readonly Point[][]): Point[] {
  return first.map(([seconds, value], i) => [
    seconds,
    others.reduce((sum, line) => sum + (line[i]?.[1] ?? 0), value ?? 0),
  ]);
}

function markLines({ fieldConfig: { defaults } }: Panel, marks: readonly Mark[]) {
  const steps = defaults.custom.thresholdsStyle.mode === 'off' ? [] : defaults.thresholds.steps;
  return {
    silent: true,
    symbol: 'none',
    label: { show: false },
    data: [
      ...steps.flatMap(({ value, color }) =>
        value === null
          ? []
          : [{ yAxis: value, lineStyle: { color: colorOf(color), type: 'dashed', width: 1 } }],
      ),
      ...marks.map(({ seconds, color }) => ({
        xAxis: seconds * 1000,
        lineStyle: { color, type: [3, 3], width: 1.2 },
      })),
    ],
  };
}
