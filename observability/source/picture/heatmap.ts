import { timeTicks } from './axis.ts';
import { drawChart } from './chart.ts';
import type { Panel } from './dashboard-json.ts';
import type { NamedSeries } from './panel-data.ts';
import type { TimeRange } from './prometheus-api.ts';
import type { Box } from './svg.ts';
import { COLORS, HEAT } from './theme.ts';
import { AXIS_LABEL, GRID } from './time-series.ts';
import { formatValue } from './units.ts';

/** Cells beside each other: more would be thinner than they can be seen. */
const COLUMNS = 60;

/** How much fell into each bucket of a histogram over time; series are cumulative, as Prometheus has them. */
export function drawHeatmap(
  panel: Panel,
  series: readonly NamedSeries[],
  range: TimeRange,
  box: Box,
): string {
  const { unit } = panel.fieldConfig.defaults;
  const buckets = toBuckets(series, range);
  const filled = buckets.flatMap(({ cells }, row) => (cells.some((cell) => cell > 0) ? [row] : []));
  const [first = 0, last = 0] = [filled[0], filled.at(-1)];
  // One empty bucket on either side shows that there is nothing beyond.
  const shown = buckets.slice(Math.max(0, first - 1), last + 2);
  const cells = shown.flatMap(({ cells }, row) =>
    cells.flatMap((value, column) => (value > 0 ? [[column, row, value ** 0.5]] : [])),
  );
  const strength = cells.map(([, , value = 0]) => value);
  const ticks = new Map(
    timeTicks(range.from, range.to, box.width - GRID.left - GRID.right).map((seconds) => [
      columnOf(seconds, range, COLUMNS),
      timeOfDay(seconds),
    ]),
  );
  return drawChart(box, {
    grid: GRID,
    xAxis: {
      type: 'category',
      data: Array.from({ length: COLUMNS }, (_, column) => ticks.get(column) ?? ''),
      axisLine: { lineStyle: { color: COLORS.grid } },
      axisTick: { show: false },
      axisLabel: { ...AXIS_LABEL, interval: (column: number) => ticks.has(column) },
    },
    yAxis: {
      type: 'category',
      data: shown.map(({ bound }) =>
        bound === Number.POSITIVE_INFINITY ? 'more' : formatValue(bound, unit),
      ),
      axisLine: { show: false },
      axisTick: { show: false },
      axisLabel: { ...AXIS_LABEL, interval: shown.length > 9 ? 1 : 0 },
    },
    visualMap: {
      show: false,
      min: 0,
      max: Math.max(...strength, 0.001),
      inRange: { color: HEAT },
    },
    series: [
      {
        type: 'heatmap',
        silent: true,
        itemStyle: { borderColor: COLORS.panel, borderWidth: 0.5 },
        data: cells,
      },
    ],
  });
}

interface Bucket {
  readonly bound: number;
  readonly cells: readonly number[];
}

/** What is in each bucket and not in the one below, for each column the mean of its moments. */
function toBuckets(series: readonly NamedSeries[], range: TimeRange): Bucket[] {
  const cumulative = series
    .map(({ labels, points }) => ({
      bound: Number(labels.le?.replace('+Inf', 'Infinity')),
      points,
    }))
    .sort((a, b) => a.bound - b.bound)
    .map(({ bound, points }) => {
      const columns = Array.from({ length: COLUMNS }, () => ({ sum: 0, count: 0 }));
      for (const [seconds, value] of points) {
        const column = columns[columnOf(seconds, range, COLUMNS)];
        if (!column || !Number.isFinite(value)) continue;
        column.sum += value;
        column.count++;
      }
      return { bound, cells: columns.map(({ sum, count }) => (count > 0 ? sum / count : 0)) };
    });
  return cumulative.map(({ bound, cells }, row) => {
    const below = cumulative[row - 1]?.cells ?? [];
    return { bound, cells: cells.map((cell, i) => Math.max(0, cell - (below[i] ?? 0))) };
  });
}

/** Which of so many columns, from one end of the range to the other, a moment is in. */
export function columnOf(seconds: number, { from, to }: TimeRange, columns: number): number {
  return Math.min(columns - 1, Math.floor(((seconds - from) / (to - from)) * columns));
}

export function timeOfDay(seconds: number): string {
  return new Date(seconds * 1000).toISOString().slice(11, 16);
}
