import { drawChart } from './chart.ts';
import type { Panel } from './dashboard-json.ts';
import type { NamedSeries } from './panel-data.ts';
import { thresholdColor } from './series-colors.ts';
import { type Box, text, textWidth } from './svg.ts';
import { COLORS } from './theme.ts';
import { formatValue } from './units.ts';

const LARGEST = 28;

/** One number in the colour that it deserves, with its way there behind it. */
export function drawStat(panel: Panel, series: readonly NamedSeries[], box: Box): string {
  const { unit, decimals } = panel.fieldConfig.defaults;
  const points = series[0]?.points.filter(([, value]) => Number.isFinite(value)) ?? [];
  const [, last] = points.at(-1) ?? [];
  if (last === undefined) {
    const middle = box.y + box.height / 2;
    return text(box.x + box.width / 2, middle, 'No data', {
      size: 14,
      color: COLORS.muted,
      anchor: 'middle',
    });
  }
  const color = thresholdColor(panel, last);
  const shown = formatValue(last, unit, decimals);
  const size = Math.min(LARGEST, (LARGEST * (box.width - 20)) / textWidth(shown, LARGEST));
  const number = text(box.x + box.width / 2, box.y + box.height * 0.3 + size * 0.36, shown, {
    size,
    color,
    weight: 600,
    anchor: 'middle',
  });
  return points.length < 3 ? number : drawWay(points, color, box) + number;
}

function drawWay(points: NamedSeries['points'], color: string, box: Box): string {
  const height = box.height * 0.42;
  const place = { ...box, y: box.y + box.height - height, height };
  return drawChart(place, {
    grid: { left: 0, right: 0, top: 2, bottom: 0 },
    xAxis: { type: 'value', show: false, min: 'dataMin', max: 'dataMax' },
    yAxis: { type: 'value', show: false, min: 0 },
    series: [
      {
        type: 'line',
        silent: true,
        showSymbol: false,
        lineStyle: { width: 1, color, opacity: 0.8 },
        areaStyle: { color, opacity: 0.15 },
        data: points.map(([seconds, value]) => [seconds, value]),
      },
    ],
  });
}
