import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dashboardFiles } from '../../observability/source/dashboards.ts';
import { scaleFor, timeTicks } from '../../observability/source/picture/axis.ts';
import {
  type Dashboard,
  parseDashboard,
} from '../../observability/source/picture/dashboard-json.ts';
import { drawDashboard } from '../../observability/source/picture/draw.ts';
import { PrometheusApi } from '../../observability/source/picture/prometheus-api.ts';
import { formatValue, KNOWN_UNITS } from '../../observability/source/picture/units.ts';
import { resolveVariables, substitute } from '../../observability/source/picture/variables.ts';

/** A name that would break out of an attribute or an element, were it not escaped. */
const MODEL = 'a<b>&"c"';
const RANGE = { from: 1_795_000_000, to: 1_795_000_600, step: 5 };

/** Labels that a series of any of our queries may be asked for. */
const LABELS = {
  model: MODEL,
  version: '1',
  outcome: 'ok',
  class: 'benign',
  hub: 'hub-0',
  instance: 'localhost:8000',
  status: '200',
  route: '/predict',
  runtime: 'wasm',
  hash: 'a2b68d12c877',
  feature: 'mean radius',
  bin: '13.08',
  order: '13.08',
};

/** Values as queries of a real Prometheus have them: with holes, divisions by zero, and nothing at all. */
function valuesOf(labels: object, place: number, times: readonly number[]) {
  return {
    metric: labels,
    values: times
      .filter((_, i) => i < 40 || i > 60)
      .map((time, i) => {
        const odd = ['NaN', '+Inf', '0'][(i + place) % 11];
        return [time, odd ?? String(((i + place) % 30) * 10 ** (place % 4) * 1e-4)];
      }),
  };
}

function answerRange(query: string, from: number, to: number, step: number) {
  const times = Array.from(
    { length: Math.floor((to - from) / step) + 1 },
    (_, i) => from + i * step,
  );
  if (query.includes('model_load_failures_total')) return [];
  if (query.endsWith('* 1000')) {
    return [{ metric: LABELS, values: times.map((time) => [time, `${(from + 60) * 1000}`]) }];
  }
  if (query.includes('unless')) return [valuesOf(LABELS, 1, times.slice(70, 71))];
  if (query.startsWith('sum by (le)')) {
    return ['0.001', '0.01', '0.1', '+Inf'].map((le, i) => valuesOf({ le }, i, times));
  }
  if (query.includes('timeout'))
    return [{ metric: {}, values: times.map((time) => [time, 'NaN']) }];
  return ['ok', 'invalid', 'rejected', 'timeout', 'failed', 'more', 'and more'].map((outcome, i) =>
    valuesOf({ ...LABELS, outcome, model: `${MODEL} ${i}` }, i, times),
  );
}

/** Answers as Prometheus does, so far as the picture asks it. */
function startPrometheus(): Server {
  return createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://localhost');
    const number = (name: string) => Number(searchParams.get(name));
    const query = searchParams.get('query') ?? '';
    const data = () => {
      if (pathname.endsWith('/values')) return ['kilat', 'k.2'];
      if (pathname.endsWith('/query_range')) {
        return { result: answerRange(query, number('start'), number('end'), number('step')) };
      }
      return { result: [{ metric: LABELS, value: [number('time'), '12.5'] }] };
    };
    // `$1` is label_replace's; any other dollar is a variable that was left over.
    const isWhole = !/\$[^1]/.test(query);
    response.writeHead(isWhole ? 200 : 400, { 'Content-Type': 'application/json' });
    response.end(JSON.stringify({ status: isWhole ? 'success' : 'error', data: data() }));
  }).listen(0, '127.0.0.1');
}

/** What is wrong with a text as XML; undefined when it is well-formed. Comments and declarations are not in ours. */
function xmlProblem(text: string): string | undefined {
  const open: string[] = [];
  let rest = text.trim();
  while (rest !== '') {
    const tag =
      /^<(?<end>\/)?(?<name>[a-zA-Z]+)(?<attributes>(?:\s+[\w:-]+="[^"<]*")*)\s*(?<empty>\/)?>/.exec(
        rest,
      );
    const words = /^[^<]+/.exec(rest);
    const found = tag?.[0] ?? words?.[0];
    if (found === undefined) return `no tag: ${rest.slice(0, 100)}`;
    if (/&(?!(?:amp|lt|gt|quot|apos|#\d+|#x[\da-f]+);)/i.test(found)) return `a bare & in ${found}`;
    const { end, name = '', attributes = '', empty } = tag?.groups ?? {};
    const names = [...attributes.matchAll(/([\w:-]+)="/g)].map(([, each]) => each);
    if (new Set(names).size < names.length) return `an attribute twice in ${found}`;
    if (tag && end && open.pop() !== name) return `</${name}> closes what is not open`;
    if (tag && !end && !empty) open.push(name);
    rest = rest.slice(found.length);
    if (open.length === 0 && rest !== '') return `more after the end: ${rest.slice(0, 100)}`;
  }
  return open.length > 0 ? `never closed: ${open.join()}` : undefined;
}

/** What is written in a picture. */
const textsOf = (svg: string) =>
  [...svg.matchAll(/>([^<>]+)<\/text>/g)].map(([, text = '']) => text);

describe('the picture of a dashboard', () => {
  let prometheus: Server;
  let url: string;
  const dashboards = dashboardFiles().map(({ content }) => parseDashboard(content));

  beforeAll(async () => {
    prometheus = startPrometheus();
    await once(prometheus, 'listening');
    url = `http://127.0.0.1:${(prometheus.address() as AddressInfo).port}`;
  });
  afterAll(() => {
    prometheus.close();
  });

  const draw = async (dashboard: Dashboard) => {
    const api = new PrometheusApi(url);
    const resolved = await resolveVariables(dashboard.templating.list, api, RANGE, 5);
    return drawDashboard(dashboard, { api, range: RANGE, ...resolved });
  };

  it.each(dashboards.map((each) => [each.title, each] as const))(
    'has every panel of %s, and draws it',
    async (_, dashboard) => {
      const svg = await draw(dashboard);
      expect(xmlProblem(svg)).toBeUndefined();
      expect(svg.match(/.{0,80}(?:NaN|Infinity|undefined).{0,80}/)).toBeNull();
      const texts = textsOf(svg);
      for (const { title } of dashboard.panels) {
        expect(texts).toContain(title.replace(/\$\w+/, 'kilat'));
      }
      // A line or an area in every graph, and a graph for every panel that is one.
      const graphs = svg.split('<svg ').slice(2);
      const kinds = dashboard.panels.filter(({ type }) => /^(timeseries|heatmap)$/.test(type));
      expect(graphs.length).toBeGreaterThan(kinds.length);
      for (const graph of graphs) expect(/<path d="M/.test(graph)).toBe(true);
      expect(texts).toContain(
        "drawn from Prometheus by Kilat's own renderer; Grafana draws the same queries",
      );
      expect(texts).toContain('2026-11-18 11:06 to 11:16 UTC');
    },
  );

  it('says so where there is nothing, marks what happened, and leaves out what has no room', async () => {
    const [overview] = dashboards;
    const texts = overview ? textsOf(await draw(overview)) : [];
    expect(texts).toEqual(
      expect.arrayContaining(['No data', 'Loaded', 'Let go', 'Process starts', 'Firing alerts']),
    );
    expect(texts).toContainEqual(expect.stringMatching(/^and \d+ more$/));
    expect(texts).toContainEqual(expect.stringContaining('a&lt;b&gt;&amp;&quot;c&quot;'));
  });

  it('draws the drift of a model: lines of features, and bars of the one that is chosen', async () => {
    const model = dashboards.find(({ uid }) => uid === 'kilat-model');
    const svg = model ? await draw(model) : '';
    const texts = textsOf(svg);
    expect(texts).toEqual(expect.arrayContaining(['training', 'last 24 hours', '13.08']));
    // The series are of one feature each; a box has the colour of its value.
    expect(texts).toContain('mean radius v1');
    for (const color of ['#73bf69', '#ff9830', '#f2495c']) {
      expect(svg).toMatch(new RegExp(`<rect [^>]*width="[\\d.]+"[^>]*fill="${color}">`));
    }
  });

  it('is written by the command', async () => {
    const out = join(mkdtempSync(join(tmpdir(), 'kilat-picture-')), 'docs/edge.svg');
    const settings = ['--prometheus', url, '--dashboard', 'edge', '--minutes', '10', '--out', out];
    const { stderr } = await promisify(execFile)(
      process.execPath,
      ['observability/source/picture.ts', ...settings],
      { timeout: 20_000 },
    );
    expect(stderr).toBe('');
    expect(xmlProblem(readFileSync(out, 'utf8'))).toBeUndefined();
  });

  it('fails with what Prometheus says of a query', async () => {
    const api = new PrometheusApi(url);
    await expect(api.range('up{job="$job"}', RANGE)).rejects.toThrow(/400 .*error/);
  });

  it('knows every unit of the dashboards', () => {
    const units = dashboards.flatMap(({ panels }) =>
      panels.map(({ fieldConfig: { defaults } }) => defaults.unit),
    );
    expect([...new Set(units)].filter((unit) => !KNOWN_UNITS.has(unit))).toEqual([]);
  });
});

describe('variables', () => {
  it('are all that there is, and one without such a choice is the first', async () => {
    const api = new PrometheusApi('http://localhost');
    api.labelValues = async (label) => (label === 'job' ? ['a.b', 'c'] : ['say "x\\\\y"', 'z']);
    const variables = [
      { name: 'job', type: 'query', definition: 'label_values(up, job)', includeAll: true },
      {
        name: 'feature',
        type: 'query',
        definition: 'label_values(up, feature)',
        includeAll: false,
      },
    ];
    const { values } = await resolveVariables(variables, api, RANGE, 15);
    expect(values).toMatchObject({ job: 'a\\\\.b|c', feature: 'say \\"x\\\\\\\\y\\"' });
  });

  it('are put in their places, and what is no variable stays', () => {
    const values = { job: 'a|b', __range: '600s' };
    expect(substitute('f(x{job=~"$job"}[$__range], "$1")', values)).toBe(
      'f(x{job=~"a|b"}[600s], "$1")',
    );
    expect(substitute(`\${job:queryparam} \${job}`, values)).toBe('a|b a|b');
    expect(() => substitute('up{job=~"$jobs"}', values)).toThrow('$jobs has no value in');
  });
});

describe('numbers', () => {
  it.each([
    [0.000312, 's', '312 µs'],
    [0.0412, 's', '41.2 ms'],
    [0, 's', '0 s'],
    [1.5, 's', '1.5 s'],
    [5400, 's', '1.5 hour'],
    [0.0144, 'percentunit', '1.44%'],
    [1234, 'reqps', '1.23 K req/s'],
    [3 * 2 ** 20, 'bytes', '3 MiB'],
    [0.0012, 'none', '0.0012'],
    [Number.NaN, 's', '-'],
  ])('%s in %s is written %s', (value, unit, written) => {
    expect(formatValue(value, unit)).toBe(written);
  });

  it('stand at round places of an axis', () => {
    expect(scaleFor(0, 'none', false)).toEqual({ max: 1, interval: 1 });
    expect(scaleFor(7.2, 'reqps', false)).toEqual({ max: 7.5, interval: 2.5 });
    expect(scaleFor(1, 'none', true)).toEqual({ max: 1, interval: 1 });
    expect(scaleFor(380 * 2 ** 20, 'bytes', false)).toEqual({
      max: 400 * 2 ** 20,
      interval: 200 * 2 ** 20,
    });
    expect(scaleFor(300, 's', false)).toEqual({ max: 360, interval: 120 });
    expect(timeTicks(RANGE.from, RANGE.to, 300).map((seconds) => seconds % 120)).toEqual([
      0, 0, 0, 0, 0,
    ]);
    expect(timeTicks(RANGE.from, RANGE.to, 150)).toHaveLength(2);
  });
});
