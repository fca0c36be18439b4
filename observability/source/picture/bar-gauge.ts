import type { Panel } from './dashboard-json.ts';
import type { NamedSeries } from './panel-data.ts';
import { thresholdColor } from './series-colors.ts';
import { type Box, rectangle, text } from './svg.ts';
import { COLORS } from './theme.ts';
import { formatValue } from './units.ts';

const LINE = 18;
const SIZE = 11;
const NAME = 190;
const NUMBER = 60;

/** Bars below each other, in two columns, as many as there is room for. */
export function drawBarGauge(panel: Panel, series: readonly NamedSeries[], box: Box): string {
  const { unit, decimals, max } = panel.fieldConfig.defaults;
  const bars = series.map(({ name, points }) => ({
    name,
    value: points.at(-1)?.[1] ?? Number.NaN,
  }));
  const largest = max ?? Math.max(...bars.map(({ value }) => value));
  const perColumn = Math.max(1, Math.floor((box.height - 8) / LINE));
  const columns = bars.length > perColumn ? 2 : 1;
  const columnWidth = (box.width - 20) / columns;
  const parts: string[] = [];
  for (const [i, { name, value }] of bars.slice(0, perColumn * columns).entries()) {
    const x = box.x + 10 + Math.floor(i / perColumn) * columnWidth;
    const y = box.y + 6 + (i % perColumn) * LINE;
    const whole = columnWidth - NAME - NUMBER - 20;
    const part = Number.isFinite(value) ? Math.min(1, value / largest) * whole : 0;
    const bar = { x: x + NAME, y, height: LINE - 6 };
    parts.push(
      text(x, y + 10, name, { size: SIZE, width: NAME - 10 }),
      rectangle({ ...bar, width: whole }, { fill: COLORS.grid, rx: 2 }),
      rectangle({ ...bar, width: part }, { fill: thresholdColor(panel, value), rx: 2 }),
      text(x + NAME + whole + NUMBER, y + 10, formatValue(value, unit, decimals), {
        size: SIZE,
        anchor: 'end',
      }),
    );
  }
  return parts.join('\n');
}
