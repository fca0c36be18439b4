import { get, type IncomingMessage } from 'node:http';
import { text as readText } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { post, readCard } from '../helpers/golden.ts';
import { type SocketTarget, TARGET_NAMES, TARGETS, type Target } from '../helpers/targets.ts';

const [row] = readCard('breast-cancer').examples;
const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const OPENMETRICS = { Accept: 'application/openmetrics-text; version=1.0.0' };

describe.each(TARGET_NAMES)('/metrics of the %s', (name) => {
  let target: Target;
  beforeAll(async () => {
    target = await TARGETS[name]({ METRICS_TOKEN: 'scrape-me' });
  });
  afterAll(() => target.stop());

  const scrape = (headers: Record<string, string> = {}) =>
    target.fetch('/metrics', { headers: { Authorization: 'Bearer scrape-me', ...headers } });

  it('asks for its token', async () => {
    for (const given of [undefined, 'Bearer scrape-you', 'Basic scrape-me', 'Bearer ']) {
      const headers = given === undefined ? {} : { Authorization: given };
      const response = await target.fetch('/metrics', { headers });
      expect(response.status).toBe(401);
      expect(response.headers.get('WWW-Authenticate')).toBe('Bearer');
      expect(await response.json()).toMatchObject({ code: 'unauthorized' });
    }
    expect((await scrape()).status).toBe(200);
  });

  it('speaks Prometheus text unless OpenMetrics is preferred', async () => {
    const text = 'text/plain; version=0.0.4; charset=utf-8';
    const openmetrics = 'application/openmetrics-text; version=1.0.0; charset=utf-8';
    const prometheus =
      'application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1';
    for (const [accept, type] of [
      ['*/*', text],
      ['text/html, text/plain;q=0.5', text],
      [prometheus, openmetrics],
      ['text/plain, application/openmetrics-text;q=0.5', text],
    ] as const) {
      expect((await scrape({ Accept: accept })).headers.get('Content-Type')).toBe(type);
    }
    expect(await (await scrape(OPENMETRICS)).text()).toMatch(/\n# EOF\n$/);
  });

  it('compresses for those who ask', async () => {
    const plain = await scrape({ 'Accept-Encoding': 'identity' });
    expect(plain.headers.get('Content-Encoding')).toBeNull();
    for (const headers of [{}, OPENMETRICS]) {
      const zipped = await scrape({ 'Accept-Encoding': 'gzip', ...headers });
      expect(zipped.headers.get('Content-Encoding')).toBe('gzip');
      expect(await target.decoded(zipped)).toContain('# TYPE prediction_time_seconds histogram\n');
    }
  });

  it.each(['/metrics', '/'])('does not compress %s for those who do not ask', async (path) => {
    const { encoding, text } = await getWithoutHeaders(target, path);
    expect(encoding).toBeUndefined();
    expect(text).toContain(path === '/' ? '<!doctype html>' : '# TYPE');
  });

  it('counts requests for predictions by how they ended', async () => {
    await target.fetch('/predict', post(row));
    await target.fetch('/predict', post([1]));
    await target.fetch('/models/iris/predict', post(row));
    const text = await (await scrape({ 'Accept-Encoding': 'identity' })).text();
    for (const labels of [
      'model="breast-cancer",version="1",protocol="predict",outcome="ok"',
      'model="breast-cancer",version="1",protocol="predict",outcome="invalid"',
      'model="unknown",version="unknown",protocol="predict",outcome="invalid"',
    ]) {
      expect(text).toContain(`prediction_requests_total{${labels}} 1\n`);
    }
    expect(text).not.toContain('iris');
  });

  it('counts predicted classes, at zero for those that have not been', async () => {
    const text = await (await scrape({ 'Accept-Encoding': 'identity' })).text();
    const series = 'prediction_class_total{model="breast-cancer",version="1",class=';
    expect(text).toContain(`${series}"malignant"} 1\n`);
    expect(text).toContain(`${series}"benign"} 0\n`);
  });

  it('points from a bucket to a trace that was kept, and to no other', async () => {
    const traced = (id: string, flags: string) =>
      target.fetch('/predict', post(row, { traceparent: `00-${id}-00f067aa0ba902b7-${flags}` }));
    await traced(TRACE, '01');
    await traced('1'.repeat(32), '00');
    await traced('0'.repeat(32), '01');
    const text = await (await scrape(OPENMETRICS)).text();
    const exemplars = text.split('\n').filter((line) => line.includes(' # {'));
    expect(exemplars.some((line) => line.startsWith('prediction_time_seconds_bucket'))).toBe(true);
    for (const line of exemplars) {
      expect(line).toMatch(new RegExp(` # \\{trace_id="${TRACE}"\\} [\\d.e-]+ [\\d.]+$`));
    }
    expect(await (await scrape()).text()).not.toContain('trace_id');
  });
});

/** Asks as `curl` does, where fetch would ask for compressed answers of its own accord. */
async function getWithoutHeaders(target: Target, path: string) {
  const headers = { Authorization: 'Bearer scrape-me' };
  if (!('url' in target)) {
    const response = await target.fetch(path, { headers });
    const encoding = response.headers.get('Content-Encoding') ?? undefined;
    return { encoding, text: await response.text() };
  }
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  get(new URL(path, (target as SocketTarget).url), { headers }, resolve).on('error', reject);
  const response = await promise;
  return { encoding: response.headers['content-encoding'], text: await readText(response) };
}
