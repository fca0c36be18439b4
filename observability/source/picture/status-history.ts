import { timeTicks } from './axis.ts';
import type { Panel } from './dashboard-json.ts';
import { columnOf, timeOfDay } from './heatmap.ts';
import type { NamedSeries } from './panel-data.ts';
import type { TimeRange } from './prometheus-api.ts';
import { thresholdColor } from './series-colors.ts';
import { type Box, rectangle, text } from './svg.ts';
import { COLORS } from './theme.ts';

const NAME = 190;
const RIGHT = 12;
const BOTTOM = 22;
/** Beyond that a line would be thicker than it says. */
const THICKEST = 22;
const SIZE = 11;

/** A line of boxes over time for each series, in the colours that the thresholds give its values, in order of names. */
export function drawStatusHistory(
  panel: Panel,
  series: readonly NamedSeries[],
  range: TimeRange,
  box: Box,
): string {
  const columns = panel.maxDataPoints;
  const width = (box.width - NAME - RIGHT) / columns;
  const height = Math.min(THICKEST, (box.height - BOTTOM) / series.length);
  const left = (column: number) => box.x + NAME + column * width;
  const lines = series
    .toSorted((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }))
    .map(({ name, points }, line) => {
      const y = box.y + line * height;
      const cells = new Map(
        points
          .filter(([, value]) => Number.isFinite(value))
          .map(([seconds, value]) => [columnOf(seconds, range, columns), value]),
      );
      const boxes = [...cells].map(([column, value]) =>
        rectangle(
          { x: left(column), y: y + 1, width: width * 0.95, height: height - 1 },
          { fill: thresholdColor(panel, value) },
        ),
      );
      const size = Math.min(SIZE, height);
      const style = { size, anchor: 'end', width: NAME - 20, color: COLORS.muted } as const;
      return [text(box.x + NAME - 8, y + height / 2 + size * 0.35, name, style), ...boxes].join('');
    });
  const bottom = box.y + Math.min(box.height - BOTTOM, series.length * height);
  const ticks = timeTicks(range.from, range.to, columns * width).map((seconds) =>
    text(left(columnOf(seconds, range, columns)), bottom + 15, timeOfDay(seconds), {
      size: SIZE,
      anchor: 'middle',
      color: COLORS.muted,
    }),
  );
  return [...lines, ...ticks].join('\n');
}
