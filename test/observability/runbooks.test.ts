import { globSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { ALERTS } from '../../observability/source/alerts.ts';
import { checkExpression } from '../../observability/source/check-expressions.ts';
import { STORED_SERIES } from '../../observability/source/known-metrics.ts';
import * as objectives from '../../observability/source/objectives.ts';
import { RECORDING_GROUPS } from '../../observability/source/recording-rules.ts';
import { runbookPlace, runbookUrl } from '../../observability/source/runbooks.ts';
import { SETTINGS } from '../../src/config.ts';
import { ERRORS } from '../../src/errors.ts';
import { createCatalog } from '../../src/metrics/catalog.ts';
import { readAnchors } from '../helpers/markdown.ts';

const FOLDER = 'docs/runbooks';
const paths = globSync(`${FOLDER}/*`).sort();
const alerts = [...new Set(ALERTS.map(({ name }) => name))].sort();
const read = (path: string) => readFileSync(path, 'utf8');

const metrics = new Set([
  ...STORED_SERIES.keys(),
  ...Object.values(createCatalog()).map(({ name }) => name),
  ...RECORDING_GROUPS.flatMap(({ rules }) => rules.map(({ record }) => record)),
]);

interface Panel {
  readonly title?: string | undefined;
  readonly panels?: readonly Panel[] | undefined;
}
const panel: z.ZodType<Panel> = z.lazy(() =>
  z.object({ title: z.string().optional(), panels: z.array(panel).optional() }),
);

/** Dashboard -> what its panels are called. */
const dashboards = new Map(
  globSync('observability/grafana/dashboards/*.json').map((path) => {
    const { title, panels } = z
      .object({ title: z.string(), panels: z.array(panel) })
      .parse(JSON.parse(read(path)));
    const titles = panels.flatMap((each) => [
      each.title,
      ...(each.panels ?? []).map((p) => p.title),
    ]);
    return [title, new Set(titles)] as const;
  }),
);

describe('runbooks', () => {
  it('are there for every alert, and for nothing else', () => {
    expect(paths.map((path) => basename(path))).toEqual(alerts.map((name) => `${name}.md`));
  });

  it('are where alerts link to', () => {
    for (const name of alerts) {
      const { pathname } = new URL(runbookUrl(name));
      expect(pathname.endsWith(`/${name}.md`)).toBe(true);
    }
  });

  it.each(paths)(
    'say what it means, how bad it is, where to look and how to silence it: %s',
    (path) => {
      const text = read(path);
      expect(text).toMatch(new RegExp(`^# ${basename(path, '.md')}\n`));
      expect(text).toContain('\n**How bad.** ');
      expect(readAnchors(text)).toEqual(expect.arrayContaining(['look', 'silence-and-tune']));
      expect(text).toContain(`alertname=${basename(path, '.md')}`);
    },
  );

  it.each(paths)('ask for what there is: %s', (path) => {
    const text = read(path);
    const queries = [...text.matchAll(/```promql\n(.*?)\n```/gs)].map(([, query = '']) => query);
    expect(queries.length).toBeGreaterThan(0);
    for (const query of queries) expect([query, checkExpression(query)]).toEqual([query, []]);
  });

  it.each(paths)('name metrics, settings and codes as they are: %s', (path) => {
    const code = [...read(path).matchAll(/`([^`\n]+)`/g)].map(([, each = '']) => each);
    const started =
      /^(?:prediction|model|http|remote_write|process|nodejs|metrics_hub|telemetry|build)_\w+/;
    const named = code.flatMap((each) => started.exec(each)?.[0] ?? []);
    expect(named.filter((name) => !metrics.has(name))).toEqual([]);
    const settings = code.flatMap((each) => /^[A-Z]+(?:_[A-Z]+)+(?==|$)/.exec(each)?.[0] ?? []);
    const constants = Object.keys(objectives);
    const known: readonly string[] = [...SETTINGS, ...constants];
    expect(settings.filter((name) => !known.includes(name))).toEqual([]);
    const codes = [...read(path).matchAll(/^\| \w+ \| `(\w+)` \|/gm)].map(([, each = '']) => each);
    expect(codes.filter((each) => !Object.hasOwn(ERRORS, each))).toEqual([]);
  });

  it('are files here for as long as nobody has said where else', () => {
    const alert = 'Alert_Prediction_Time';
    expect(paths).toContain(runbookPlace(alert, `https://kilat.example/docs/${alert}.md`));
    const url = `https://wiki.example.com/${alert}.md`;
    expect(runbookPlace(alert, url)).toBe(url);
  });

  it.each(paths)('point to panels that there are: %s', (path) => {
    let dashboard = '';
    const pointers = [...read(path).matchAll(/\*(Kilat:\s\w+)?\s?›\s([^*]+)\*/g)];
    expect(pointers.length).toBeGreaterThan(0);
    for (const [, of, title = ''] of pointers) {
      dashboard = of?.replace('\n', ' ') ?? dashboard;
      expect([...(dashboards.get(dashboard) ?? [])]).toContain(title.replace('\n', ' '));
    }
  });
});
