import { drawBarChart } from './bar-chart.ts';
import { drawBarGauge } from './bar-gauge.ts';
import type { Dashboard, Panel } from './dashboard-json.ts';
import { drawHeatmap } from './heatmap.ts';
import { drawLegend, legendHeight } from './legend.ts';
import { fetchMarks, type Mark } from './marks.ts';
import { fetchRows, fetchSeries } from './panel-data.ts';
import type { PrometheusApi, TimeRange } from './prometheus-api.ts';
import { drawStat } from './stat.ts';
import { drawStatusHistory } from './status-history.ts';
import { type Box, element, group, rectangle, text } from './svg.ts';
import { drawTable } from './table.ts';
import { COLORS, FONT } from './theme.ts';
import { drawTimeSeries } from './time-series.ts';
import { escapeForRegex, type Resolved } from './variables.ts';

/** The page: Grafana's 24 columns on a width that a README shows, and lines of its grid. */
const WIDTH = 1040;
const MARGIN = 12;
const COLUMN = (WIDTH - 2 * MARGIN) / 24;
const LINE = 30;
const GAP = 8;
const HEADER = 52;
const FOOTER = 34;
const TITLE = 26;

const CREDIT = "drawn from Prometheus by Kilat's own renderer; Grafana draws the same queries";

interface Sources extends Resolved {
  readonly api: PrometheusApi;
  readonly range: TimeRange;
}

/** Draws a dashboard, with what Prometheus has for its queries, as one SVG. */
export async function drawDashboard(dashboard: Dashboard, sources: Sources): Promise<string> {
  const { range, api, values } = sources;
  const marks = await fetchMarks(dashboard.annotations.list, api, range, values);
  const panels: string[] = [];
  for (const panel of dashboard.panels) panels.push(await drawPanel(panel, marks, sources));
  const lines = Math.max(...dashboard.panels.map(({ gridPos: { y, h } }) => y + h));
  const height = HEADER + lines * LINE + FOOTER;
  const page = [
    rectangle({ x: 0, y: 0, width: WIDTH, height }, { fill: COLORS.page, rx: 8 }),
    text(MARGIN + 6, 34, dashboard.title, { size: 20, weight: 600 }),
    drawMarkNames(marks),
    text(WIDTH - MARGIN - 6, 33, spanOf(range), { size: 13, color: COLORS.muted, anchor: 'end' }),
    ...panels,
    text(WIDTH / 2, height - 13, CREDIT, { size: 12, color: COLORS.muted, anchor: 'middle' }),
  ];
  const attributes = {
    xmlns: 'http://www.w3.org/2000/svg',
    viewBox: `0 0 ${WIDTH} ${height}`,
    width: WIDTH,
    height,
    role: 'img',
    'aria-label': `${dashboard.title}, ${spanOf(range)}`,
    'font-family': FONT,
  };
  return `${element('svg', attributes, `\n${page.join('\n')}\n`)}\n`;
}

async function drawPanel(panel: Panel, marks: readonly Mark[], all: Sources): Promise<string> {
  const { sources, title } = forOne(panel, all);
  const { x, y, w, h } = panel.gridPos;
  const place = { x: MARGIN + x * COLUMN, y: HEADER + y * LINE };
  if (panel.type === 'row') {
    return text(place.x + 6, place.y + 19, title, { size: 14, weight: 600 });
  }
  const box = { x: 0, y: 0, width: w * COLUMN - GAP, height: h * LINE - GAP };
  const content = { ...box, y: TITLE, height: box.height - TITLE };
  const parts = [
    rectangle(box, { fill: COLORS.panel, stroke: COLORS.border, rx: 3 }),
    text(10, 18, title, {
      size: 13,
      weight: 500,
      width: box.width - 16,
    }),
    await drawContent(panel, marks, sources, content),
  ];
  return group({ x: place.x + GAP / 2, y: place.y }, parts.join('\n'));
}

async function drawContent(
  panel: Panel,
  marks: readonly Mark[],
  { api, range, values }: Sources,
  box: Box,
): Promise<string> {
  if (panel.type === 'table' || panel.type === 'barchart') {
    const rows = await fetchRows(panel, api, range, values);
    if (panel.type === 'table') return drawTable(panel, rows, box);
    return rows.length > 0 ? drawBarChart(panel, rows, box) : drawNothing(box);
  }
  const answered = await fetchSeries(panel, api, range, values);
  // A mean or a quantile of nothing is no number.
  const series = answered.filter(({ points }) =>
    points.some(([, value]) => Number.isFinite(value)),
  );
  if (series.length === 0) return drawNothing(box);
  switch (panel.type) {
    case 'stat':
      return drawStat(panel, series, box);
    case 'heatmap':
      return drawHeatmap(panel, series, range, box);
    case 'status-history':
      return drawStatusHistory(panel, series, range, box);
    case 'bargauge':
      return drawBarGauge(panel, series, box);
    case 'timeseries': {
      const legend = legendHeight(series.length, box.height * 0.45);
      const graph = { ...box, height: box.height - legend };
      const below = { ...box, y: box.y + graph.height, height: legend };
      return drawTimeSeries(panel, series, marks, range, graph) + drawLegend(panel, series, below);
    }
    default:
      throw new Error(`there is no drawing of a panel of type '${panel.type}'`);
  }
}

function drawNothing(box: Box): string {
  const middle = { x: box.x + box.width / 2, y: box.y + box.height / 2 };
  const style = { size: 14, color: COLORS.muted, anchor: 'middle' } as const;
  return text(middle.x, middle.y, 'No data', style);
}

/** What the marks on the graphs are, each kind once, in its colour. */
function drawMarkNames(marks: readonly Mark[]): string {
  const kinds = [...new Map(marks.map(({ name, color }) => [name, color]))];
  let x = 320;
  return kinds
    .map(([name, color]) => {
      const line = rectangle({ x, y: 20, width: 2, height: 16 }, { fill: color });
      const named = text(x + 8, 33, name, { size: 13, color: COLORS.muted });
      x += 30 + name.length * 7.5;
      return line + named;
    })
    .join('');
}

/** A panel that Grafana repeats for each value of a variable is drawn for the first of them. */
function forOne({ repeat, title }: Panel, sources: Sources): { sources: Sources; title: string } {
  // A title names what is chosen, or the value that it is repeated for, by the variable.
  const named = title.replaceAll(/\$(\w+)/g, (all, name) => sources.choices[name]?.[0] ?? all);
  const [first] = sources.choices[repeat ?? ''] ?? [];
  if (repeat === undefined || first === undefined) return { sources, title: named };
  const values = { ...sources.values, [repeat]: escapeForRegex(first) };
  return { sources: { ...sources, values }, title: named };
}

function spanOf({ from, to }: TimeRange): string {
  const [start = '', end = ''] = [from, to].map((time) => new Date(time * 1000).toISOString());
  return `${start.slice(0, 10)} ${start.slice(11, 16)} to ${end.slice(11, 16)} UTC`;
}
