import { columnsOf, overridden, type Panel } from './dashboard-json.ts';
import { type Box, rectangle, text, textWidth } from './svg.ts';
import { COLORS } from './theme.ts';
import { formatValue } from './units.ts';

const LINE = 24;
const SIZE = 12;

/** A table as text: headings, and as many rows as there is room for. */
export function drawTable(
  panel: Panel,
  rows: readonly Readonly<Record<string, string | number>>[],
  box: Box,
): string {
  const { unit: otherUnit } = panel.fieldConfig.defaults;
  const room = Math.floor((box.height - 6) / LINE) - 1;
  const shown = rows.slice(0, rows.length > room ? room - 1 : room);
  const columns = columnsOf(panel).map(({ field, heading }) => {
    const unit = String(overridden(panel, heading, 'unit') ?? otherUnit);
    const cells = shown.map(({ [field]: cell }) =>
      typeof cell === 'number' ? formatValue(cell, unit) : (cell ?? ''),
    );
    const isNumber = field.startsWith('Value');
    const width = Math.max(...[heading, ...cells].map((cell) => textWidth(cell, SIZE)));
    return { heading, cells, width, isNumber };
  });
  const spare = box.width - 20 - columns.reduce((sum, { width }) => sum + width, 0);
  const gap = Math.max(8, spare / Math.max(1, columns.length - 1));
  const line = { x: box.x + 8, y: box.y + LINE - 2, width: box.width - 16, height: 1 };
  const parts = [rectangle(line, { fill: COLORS.grid })];
  let left = box.x + 10;
  for (const { heading, cells, width, isNumber } of columns) {
    const style = isNumber
      ? ({ size: SIZE, anchor: 'end' } as const)
      : ({ size: SIZE, anchor: 'start' } as const);
    const x = isNumber ? left + width : left;
    parts.push(text(x, box.y + 15, heading, { ...style, color: COLORS.muted, weight: 600 }));
    for (const [row, cell] of cells.entries()) {
      parts.push(text(x, box.y + 15 + (row + 1) * LINE, cell, style));
    }
    left += width + gap;
  }
  if (shown.length < rows.length) {
    const y = box.y + 15 + (shown.length + 1) * LINE;
    const more = `and ${rows.length - shown.length} more`;
    parts.push(text(box.x + 10, y, more, { size: SIZE, color: COLORS.muted }));
  }
  return parts.join('\n');
}
