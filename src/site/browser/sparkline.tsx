import { useRef } from 'hono/jsx/dom';
import uPlot from 'uplot';
import { useEffect } from './use-effect.ts';
import 'uplot/dist/uPlot.min.css';

const HEIGHT = 36;

/** A figure over the last minutes, without axes: its number stands beside it, so that nobody has to read the curve. */
export function Sparkline({ points }: { points: readonly (readonly [number, number | null])[] }) {
  const place = useRef<HTMLDivElement | null>(null);
  const plot = useRef<uPlot | null>(null);
  const data = [points.map(([at]) => at), points.map(([, value]) => value)] as uPlot.AlignedData;
  useEffect(() => {
    const { current: element } = place;
    if (!element) return;
    const colour = () => getComputedStyle(element).color;
    const chart = new uPlot(
      {
        width: element.clientWidth,
        height: HEIGHT,
        legend: { show: false },
        cursor: { show: false },
        scales: { x: { time: false }, y: { range: (_, __, most) => [0, 1.25 * most || 1] } },
        axes: [{ show: false }, { show: false }],
        series: [{}, { stroke: colour, width: 1.5, points: { show: false } }],
        padding: [2, 0, 2, 0],
      },
      data,
      element,
    );
    plot.current = chart;
    const resize = new ResizeObserver(() =>
      chart.setSize({ width: element.clientWidth, height: HEIGHT }),
    );
    resize.observe(element);
    return () => {
      resize.disconnect();
      chart.destroy();
    };
  }, []);
  useEffect(() => plot.current?.setData(data), [points]);
  return <div class="spark" ref={place} aria-hidden="true" />;
}
