import type { Panel } from './dashboard-json.ts';
import type { NamedSeries } from './panel-data.ts';
import { seriesColor } from './series-colors.ts';
import { type Box, rectangle, text, textWidth } from './svg.ts';
import { COLORS } from './theme.ts';
import { formatValue } from './units.ts';

const LINE = 15;
const SIZE = 11;
/** Between columns. */
const GAP = 14;

/** What a legend can say of the values of a series. */
const CALCULATIONS: Readonly<
  Record<string, { heading: string; of: (values: readonly number[]) => number | undefined }>
> = {
  mean: {
    heading: 'mean',
    of: (values) => values.reduce((sum, value) => sum + value, 0) / values.length,
  },
  max: { heading: 'max', of: (values) => Math.max(...values) },
  lastNotNull: { heading: 'last', of: (values) => values.at(-1) },
};

/** The height of a legend of so many series, of which some are left out where there is too little room. */
export function legendHeight(series: number, room: number): number {
  const lines = Math.min(series + 1, Math.max(2, Math.floor(room / LINE)));
  return series === 0 ? 0 : lines * LINE + 4;
}

/** The names of series in their colours, with the mean, the maximum and so on of each, the largest first. */
export function drawLegend(panel: Panel, series: readonly NamedSeries[], box: Box): string {
  if (series.length === 0) return '';
  const { calcs } = panel.options.legend;
  const { unit, decimals } = panel.fieldConfig.defaults;
  const room = Math.floor(box.height / LINE) - 1;
  // One line says how many more there are.
  const shown = series.length > room ? Math.max(1, room - 1) : series.length;
  const valuesOf = ({ points }: NamedSeries) =>
    points.map(([, value]) => value).filter(Number.isFinite);
  const rows = series
    .map((each, place) => ({
      name: each.name,
      color: seriesColor(panel, each.name, place),
      results: calcs.map((calc) => CALCULATIONS[calc]?.of(valuesOf(each)) ?? Number.NaN),
    }))
    .sort((a, b) => (b.results.at(-1) || 0) - (a.results.at(-1) || 0));
  const widths = calcs.map((calc, column) =>
    Math.max(
      ...[
        calc,
        ...rows.map(({ results }) => formatValue(results[column] ?? 0, unit, decimals)),
      ].map((cell) => textWidth(cell, SIZE) + GAP),
    ),
  );
  const widthFrom = (column: number) => widths.slice(column).reduce((sum, width) => sum + width, 0);
  const right = (column: number) => box.x + box.width - 10 - widthFrom(column + 1);
  const nameWidth = box.width - 38 - widthFrom(0);
  const lines = [
    ...calcs.map((calc, column) =>
      text(right(column), box.y + 11, CALCULATIONS[calc]?.heading ?? calc, {
        size: SIZE,
        color: COLORS.muted,
        anchor: 'end',
      }),
    ),
  ];
  for (const [place, { name, color, results }] of rows.slice(0, shown).entries()) {
    const y = box.y + 11 + (place + 1) * LINE;
    const swatch = { x: box.x + 10, y: y - 5, width: 12, height: 3 };
    lines.push(rectangle(swatch, { rx: 1.5, fill: color }));
    lines.push(text(box.x + 28, y, name, { size: SIZE, width: nameWidth }));
    for (const [column, value] of results.entries()) {
      const formatted = formatValue(value, unit, decimals);
      lines.push(text(right(column), y, formatted, { size: SIZE, anchor: 'end' }));
    }
  }
  if (shown < series.length) {
    const y = box.y + 11 + (shown + 1) * LINE;
    const more = `and ${series.length - shown} more`;
    lines.push(text(box.x + 28, y, more, { size: SIZE, color: COLORS.muted }));
  }
  return lines.join('\n');
}
