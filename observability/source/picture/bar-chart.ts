import * as z from 'zod';
import { drawChart } from './chart.ts';
import { columnsOf, type Panel } from './dashboard-json.ts';
import { seriesColor } from './series-colors.ts';
import { type Box, rectangle, text, textWidth } from './svg.ts';
import { COLORS } from './theme.ts';
import { AXIS_LABEL, GRID } from './time-series.ts';
import { formatValue } from './units.ts';

const LEGEND = 22;
const SIZE = 11;

const sorting = z.object({ sort: z.tuple([z.object({ field: z.string() })]) });

/** Groups of bars beside each other: one group for each row, one bar in it for each column but the first. */
export function drawBarChart(
  panel: Panel,
  rows: readonly Readonly<Record<string, string | number>>[],
  box: Box,
): string {
  const { unit } = panel.fieldConfig.defaults;
  const { sort } = sorting.parse(panel.transformations.find(({ id }) => id === 'sortBy')?.options);
  const place = (row: (typeof rows)[number]) => Number(row[sort[0].field]);
  const sorted = rows.toSorted((a, b) => place(a) - place(b));
  const [name, ...values] = columnsOf(panel);
  const bars = values.map(({ field, heading }, i) => ({
    heading,
    color: seriesColor(panel, heading, i),
    data: sorted.map((row) => Number(row[field] ?? 0)),
  }));
  const chart = drawChart(
    { ...box, height: box.height - LEGEND },
    {
      grid: GRID,
      xAxis: {
        type: 'category',
        data: sorted.map((row) => String(row[name?.field ?? ''])),
        axisLine: { lineStyle: { color: COLORS.grid } },
        axisTick: { show: false },
        axisLabel: { ...AXIS_LABEL, hideOverlap: true },
      },
      yAxis: {
        type: 'value',
        min: 0,
        splitNumber: 4,
        splitLine: { lineStyle: { color: COLORS.grid } },
        axisLabel: { ...AXIS_LABEL, formatter: (value: number) => formatValue(value, unit) },
      },
      series: bars.map(({ color, data }) => ({
        type: 'bar',
        silent: true,
        barGap: '5%',
        itemStyle: { color },
        data,
      })),
    },
  );
  let x = box.x + GRID.left;
  const legend = bars.map(({ heading, color }) => {
    const y = box.y + box.height - 8;
    const swatch = rectangle({ x, y: y - 8, width: 9, height: 9 }, { fill: color, rx: 2 });
    const named = text(x + 14, y, heading, { size: SIZE });
    x += 34 + textWidth(heading, SIZE);
    return swatch + named;
  });
  return [chart, ...legend].join('\n');
}
