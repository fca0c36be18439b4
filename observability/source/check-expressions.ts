import { STORED_SERIES } from './known-metrics.ts';
import { ANY_NAME, LabelInference, type Labels } from './promql-labels.ts';
import { RECORDING_GROUPS } from './recording-rules.ts';

/** What Grafana puts in the place of a variable of its own, by the end of its name. */
const GRAFANA_OWN = /\$(?:\{__|__)(?:rate_)?(?:interval|range)(_s|_ms)?(?::\w+)?\}?/g;
/** `$name`, `${name}`, `${name:format}`. */
const VARIABLE = /\$(?:\w+|\{[\w.]+(?::[^}]*)?\})/g;
/** A variable as a duration, as in `[$window]`. */
const DURATION_VARIABLE = /(?<=\[|\boffset )\$(?:\w+|\{[\w.]+(?::[^}]*)?\})/g;
/** As PromQL has them; `$1` in one belongs to label_replace. */
const STRINGS = /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`/g;

/**
 * What is wrong with a PromQL expression: what cannot be parsed, metrics that nobody exposes or records, and labels that
 * they do not have. Variables of Grafana stand for whatever fits.
 */
export function checkExpression(expr: string): string[] {
  return infer(expr).problems;
}

function infer(expr: string): { labels: Labels | undefined; problems: string[] } {
  const inference = new LabelInference(replaceVariables(expr), labelsOfSeries);
  const labels = inference.infer();
  return { labels, problems: inference.problems };
}

function replaceVariables(expr: string): string {
  const strings: string[] = [];
  const bare = expr.replaceAll(STRINGS, (text) => `"${strings.push(text) - 1}"`);
  const replaced = bare
    .replaceAll(GRAFANA_OWN, (_, number?: string) => (number ? '300' : '5m'))
    .replaceAll(DURATION_VARIABLE, '5m')
    .replaceAll(VARIABLE, ANY_NAME);
  return replaced.replaceAll(/"(\d+)"/g, (_, index: string) => strings[Number(index)] ?? '');
}

const recorded = new Map(
  RECORDING_GROUPS.flatMap(({ rules }) => rules).map(({ record, expr }) => [record, expr]),
);
const recordedLabels = new Map<string, Labels>();

/** A recording rule has the labels that its expression keeps. */
function labelsOfSeries(name: string): Labels | undefined {
  const expr = recorded.get(name);
  if (expr === undefined) return STORED_SERIES.get(name);
  const labels = recordedLabels.get(name) ?? infer(expr).labels ?? new Set();
  recordedLabels.set(name, labels);
  return labels;
}
