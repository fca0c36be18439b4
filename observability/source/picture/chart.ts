import { BarChart, HeatmapChart, LineChart } from 'echarts/charts';
import { GridComponent, MarkLineComponent, VisualMapComponent } from 'echarts/components';
import { type EChartsCoreOption, init, use } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import { type Box, element } from './svg.ts';

use([
  BarChart,
  GridComponent,
  HeatmapChart,
  LineChart,
  MarkLineComponent,
  SVGRenderer,
  VisualMapComponent,
]);

/** Draws a chart of ECharts into a box, as an SVG within the SVG. */
export function drawChart({ x, y, width, height }: Box, option: EChartsCoreOption): string {
  const chart = init(null, null, { renderer: 'svg', ssr: true, width, height });
  try {
    chart.setOption({ animation: false, useUTC: true, backgroundColor: 'transparent', ...option });
    return element(
      'g',
      { transform: `translate(${x} ${y})` },
      withoutLoad(chart.renderToSVGString()),
    );
  } finally {
    // Its timers would keep the process.
    chart.dispose();
  }
}

/** Takes out what serves a pointer alone, and places that are more exact than a pixel can show. */
function withoutLoad(svg: string): string {
  return svg
    .replace(/<style\s*>.*?<\/style>/s, '')
    .replaceAll(/ (?:class|ecmeta_\w+|pointer-events|xmlns:xlink|version|baseProfile)="[^"]*"/g, '')
    .replaceAll(/ d="[^"]*"/g, (path) => path.replaceAll(/(?<=\.\d)\d+/g, ''));
}
