import type { Annotation } from './dashboard-json.ts';
import type { PrometheusApi, TimeRange } from './prometheus-api.ts';
import { colorOf } from './theme.ts';
import { substitute, type Values } from './variables.ts';

/** Something that happened, which stands on every graph. */
export interface Mark {
  readonly name: string;
  readonly seconds: number;
  readonly color: string;
}

/** What a dashboard's annotations have to mark: the beginning of each event, in the order of time. */
export async function fetchMarks(
  annotations: readonly Annotation[],
  api: PrometheusApi,
  range: TimeRange,
  values: Values,
): Promise<Mark[]> {
  const marks: Mark[] = [];
  for (const { name, iconColor, useValueForTime, target } of annotations) {
    if (!target) continue;
    for (const { points } of await api.range(substitute(target.expr, values), range)) {
      const times = points.map(([seconds, value]) => (useValueForTime ? value / 1000 : seconds));
      // What follows on within a step is the same event, as it is for Grafana.
      const begins = times.filter((time, i) => i === 0 || time - (times[i - 1] ?? 0) > range.step);
      for (const seconds of begins) marks.push({ name, seconds, color: colorOf(iconColor) });
    }
  }
  const isShown = ({ seconds }: Mark) => seconds >= range.from && seconds <= range.to;
  // What several models do at once is one line.
  const places = new Map(marks.map((mark) => [`${mark.name} ${Math.round(mark.seconds)}`, mark]));
  return [...places.values()].filter(isShown).sort((a, b) => a.seconds - b.seconds);
}
