import { ALERTS } from './alerts.ts';
import type { GeneratedFile } from './files.ts';
import { firingExpr } from './prometheus-files.ts';
import { RECORDING_GROUPS } from './recording-rules.ts';

/** A PromQL expression, and where it stands, for a message. */
export interface Expression {
  readonly place: string;
  readonly expr: string;
}

/** What a variable of a dashboard asks for the values of a label with. */
const LABEL_VALUES = /^label_values\((?<selector>.*),\s*(?<label>\w+)\s*\)$/s;

/** Every expression of the rules and alerts, and of the dashboards among some files. */
export function collectExpressions(files: readonly GeneratedFile[]): Expression[] {
  const rules = RECORDING_GROUPS.flatMap((group) => group.rules);
  return [
    ...rules.map(({ record, expr }) => ({ place: record, expr })),
    ...ALERTS.map((alert) => ({
      place: [alert.name, alert.window].filter(Boolean).join(' '),
      expr: firingExpr(alert),
    })),
    ...files.filter(({ path }) => path.endsWith('.json')).flatMap(ofDashboard),
  ];
}

function ofDashboard({ path, content }: GeneratedFile): Expression[] {
  const found: Expression[] = [];
  const visit = (value: unknown, place: string): void => {
    if (typeof value !== 'object' || value === null) return;
    for (const [key, inner] of Object.entries(value)) {
      const named = 'title' in value && typeof value.title === 'string' ? value.title : place;
      if (typeof inner === 'string' && (key === 'expr' || key === 'query')) {
        const expr = asExpression(inner);
        if (expr !== undefined) found.push({ place: `${path}: ${named}`, expr });
      } else visit(inner, named);
    }
  };
  visit(JSON.parse(content), '');
  return found;
}

/** The values of a label are those that a grouping by it would give. Other queries of variables are no PromQL. */
function asExpression(text: string): string | undefined {
  const { selector, label } = LABEL_VALUES.exec(text)?.groups ?? {};
  if (selector !== undefined && label !== undefined) return `count by (${label}) (${selector})`;
  return text === '' || /^(label_names|metrics|query_result|prometheus$)/.test(text)
    ? undefined
    : text;
}
