import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { ALERTS } from '../../observability/source/alerts.ts';
import { checkExpression } from '../../observability/source/check-expressions.ts';
import { collectExpressions } from '../../observability/source/collect-expressions.ts';
import { dashboardFiles } from '../../observability/source/dashboards.ts';
import { runbookUrl } from '../../observability/source/runbooks.ts';

const datasource = z.object({ type: z.string(), uid: z.string() });
const link = z.looseObject({
  title: z.string().min(1),
  type: z.enum(['link', 'dashboards']),
  url: z.string().optional(),
  tags: z.array(z.string()),
});
/** What has to be there for a panel to be understood and drawn; strict where Grafana drops what it does not know. */
const panel = z.looseObject({
  id: z.number(),
  type: z.string(),
  title: z.string().min(1),
  gridPos: z.object({ x: z.number(), y: z.number(), w: z.number(), h: z.number() }),
});
const drawing = panel.extend({
  description: z.string().min(40),
  datasource,
  targets: z
    .array(z.looseObject({ refId: z.string(), expr: z.string().min(1), datasource }))
    .min(1),
  links: z.array(link),
  fieldConfig: z.looseObject({ defaults: z.looseObject({ unit: z.string().min(1) }) }),
});
const sorted = panel.extend({
  transformations: z.array(z.looseObject({ id: z.string() })),
  targets: z.array(z.looseObject({ expr: z.string() })),
});
const dashboard = z.looseObject({
  uid: z.string().min(8).max(40),
  title: z.string().min(1),
  tags: z.array(z.string()),
  refresh: z.string(),
  time: z.object({ from: z.literal('now-1h'), to: z.literal('now') }),
  graphTooltip: z.literal(1),
  panels: z.array(panel),
  links: z.array(link),
  templating: z.object({ list: z.array(z.looseObject({ name: z.string() })) }),
  annotations: z.object({ list: z.array(z.looseObject({ name: z.string() })) }),
});

const files = dashboardFiles();
const dashboards = files.map(({ content }) => dashboard.parse(JSON.parse(content)));
const drawings = ({ panels }: (typeof dashboards)[number]) =>
  panels.filter(({ type }) => type !== 'row').map((each) => drawing.parse(each));

/** Every address that a text leads to within Grafana or to a runbook. */
const addresses = (text: string) =>
  [...text.matchAll(/"url": "([^"]*)"/g)].map(([, url = '']) => url);

describe('the files of the dashboards', () => {
  it('are the same every time', () => {
    expect(dashboardFiles()).toEqual(files);
    for (const { path, content } of files) {
      expect(path).toMatch(/^grafana\/dashboards\/[a-z]+\.json$/);
      expect(content).toMatch(/^\{\n {2}"/);
      expect(content.endsWith('}\n')).toBe(true);
    }
  });

  it('have an address of their own each, that others can lead to', () => {
    expect(dashboards.map(({ uid }) => uid)).toEqual([
      'kilat-overview',
      'kilat-model',
      'kilat-edge',
    ]);
    const places = files.flatMap(({ content }) => addresses(content));
    const runbooks = new Set(ALERTS.map(({ name }) => runbookUrl(name)));
    const known = new Set(dashboards.map(({ uid }) => `/d/${uid}`));
    const paths = places.filter((url) => !runbooks.has(url)).map((url) => url.split('?')[0] ?? '');
    expect(new Set(paths).difference(known)).toEqual(new Set(['/alerting/list']));
    // Dashboards are found by their tags.
    const wanted = dashboards.flatMap(({ links }) => links).flatMap(({ tags }) => tags);
    expect(wanted).toHaveLength(dashboards.length);
    for (const { tags } of dashboards) expect(tags).toEqual(expect.arrayContaining(wanted));
  });

  it('lead from a panel to the runbook of every alert', () => {
    const linked = dashboards.flatMap((each) => drawings(each).flatMap(({ links }) => links));
    const urls = new Set(linked.map(({ url }) => url));
    for (const { name } of ALERTS) expect(urls).toContain(runbookUrl(name));
  });

  it('show bins in the order of their edges, which a text does not have', () => {
    const bars = dashboards.flatMap(({ panels }) =>
      panels.filter(({ type }) => type === 'barchart'),
    );
    expect(bars.length).toBeGreaterThan(0);
    for (const each of bars) {
      const { transformations, targets } = sorted.parse(each);
      expect(transformations.map(({ id }) => id)).toEqual([
        'merge',
        'convertFieldType',
        'sortBy',
        'organize',
      ]);
      // A number behind every edge, for the two bins whose names are none.
      for (const { expr } of targets) {
        expect(expr).toContain('"order", "$1", "bin", "(.*)"');
        expect(expr).toMatch(
          /"order", "1e307", "bin", "\[\+\]Inf".*"order", "1e308", "bin", "missing"/,
        );
      }
    }
  });

  it('ask for nothing that is not there', () => {
    const problems = collectExpressions(files)
      .filter(({ place }) => place.startsWith('grafana/'))
      .map(({ place, expr }) => ({ place, expr, problems: checkExpression(expr) }));
    expect(problems.length).toBeGreaterThan(100);
    expect(problems.filter((each) => each.problems.length > 0)).toEqual([]);
  });
});

describe.each(dashboards.map((each) => [each.title, each] as const))('%s', (_, board) => {
  it('says of every panel what it shows, in which unit, and when to worry', () => {
    const panels = drawings(board);
    expect(panels.length).toBeGreaterThan(15);
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    expect(new Set(panels.map(({ title }) => title)).size).toBe(panels.length);
    for (const {
      targets,
      datasource: { uid },
    } of panels) {
      expect(uid).toBe('$' + '{datasource}');
      expect(new Set(targets.map(({ refId }) => refId)).size).toBe(targets.length);
      for (const target of targets) expect(target.datasource.uid).toBe(uid);
    }
  });

  it('puts no panel on another', () => {
    const taken = new Map<string, string>();
    for (const {
      title,
      gridPos: { x, y, w, h },
    } of board.panels) {
      expect(x + w).toBeLessThanOrEqual(24);
      for (let column = x; column < x + w; column++) {
        for (let line = y; line < y + h; line++) {
          const place = `${column} ${line}`;
          expect({ place, by: taken.get(place) }).toEqual({ place, by: undefined });
          taken.set(place, title);
        }
      }
    }
    // Nor does it leave holes: every line is filled, whatever the heights in it.
    const lines = Math.max(...board.panels.map(({ gridPos: { y, h } }) => y + h));
    expect(taken.size).toBe(24 * lines);
  });

  it('uses no variable that it does not have, and has none that it does not use', () => {
    const text = JSON.stringify(board);
    const used = [...text.matchAll(/\$(?:\{(\w+)|([a-z_]\w*))/gi)].map(
      ([, braced, bare]) => braced ?? bare ?? '',
    );
    const own = new Set(used.filter((name) => !name.startsWith('__')));
    expect([...own].sort()).toEqual(board.templating.list.map(({ name }) => name).sort());
  });

  it('can be narrowed step by step, to one or several', () => {
    const [source, ...labels] = board.templating.list;
    expect(source).toMatchObject({ name: 'datasource', type: 'datasource' });
    const own = board.uid === 'kilat-model' ? ['feature'] : [];
    const common = ['job', 'instance', 'model', 'version'];
    expect(labels.map(({ name }) => name)).toEqual([...common, ...own]);
    for (const [place, { name, definition, multi, includeAll, allValue }] of labels.entries()) {
      // A feature has bins of its own, so that two of them have nothing in common.
      const isOpen = name !== 'feature';
      expect({ multi, includeAll }).toEqual({ multi: isOpen, includeAll: isOpen });
      for (const { name: before } of labels.slice(0, place))
        expect(definition).toContain(`${before}=~"$${before}"`);
      // Of all jobs there are others than ours.
      expect(allValue).toBe(place === 0 || !isOpen ? undefined : '.*');
    }
  });

  it('marks what happened', () => {
    const { list } = board.annotations;
    expect(list.map(({ name }) => name)).toEqual([
      'Annotations & Alerts',
      'Loaded',
      'Let go',
      'Process starts',
      'Firing alerts',
    ]);
    for (const { name } of ALERTS) expect(JSON.stringify(list)).toContain(name);
  });
});
