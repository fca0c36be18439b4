import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createTestHarness } from 'wrangler';
import { post, readCard } from '../helpers/golden.ts';
import { repositoryOnDisk } from '../helpers/store.ts';
import { startNode, TARGETS, type Target, WASM_TARGETS } from '../helpers/targets.ts';

const row = readCard('breast-cancer').examples[0] as number[];
const SETTINGS = {
  MAX_BODY_BYTES: '40000',
  MAX_PENDING_BYTES: '20000',
  MAX_JSON_DEPTH: '5',
  MAX_REQUEST_ROWS: '3',
  MAX_TENSOR_ELEMENTS: '80',
  MAX_URL_BYTES: '300',
  CORS_ORIGINS: 'https://app.example.com,http://localhost:5173',
  LOG_SAMPLE: '0',
};
const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';

const rows = (count: number) => ({ instances: new Array(count).fill(row) });
const tensor = (count: number) => {
  const data = new Array(count).fill(row).flat();
  return { inputs: [{ name: 'features', datatype: 'FP32', shape: [count, 30], data }] };
};
const spaces = (bytes: number) => ' '.repeat(bytes);

const REFUSED: readonly (readonly [
  what: string,
  code: string,
  status: number,
  path: string,
  init: RequestInit,
])[] = [
  ['JSON nested too deep', 'too_deep', 400, '/predict', post('[[[[[[1]]]]]]')],
  ['too many rows', 'too_many_rows', 413, '/predict', post(rows(4))],
  ['too many rows of V1', 'too_many_rows', 413, '/v1/models/breast-cancer:predict', post(rows(4))],
  ['too many rows of MLflow', 'too_many_rows', 413, '/invocations', post(rows(4))],
  ['too many rows of V2', 'too_many_rows', 413, '/v2/models/breast-cancer/infer', post(tensor(4))],
  [
    'too many values in a tensor',
    'too_many_values',
    413,
    '/v2/models/breast-cancer/infer',
    post(tensor(3)),
  ],
  ['too many values in rows', 'too_many_values', 413, '/predict', post(rows(3))],
  ['a URL that is too long', 'url_too_long', 414, `/models/${'x'.repeat(300)}`, {}],
  ['more than bodies may hold together', 'overloaded', 503, '/predict', post(spaces(20_001))],
  [
    'a small body that is a large one',
    'body_too_large',
    413,
    '/predict',
    {
      ...post(''),
      headers: { 'Content-Encoding': 'gzip' },
      body: gzipSync(Buffer.alloc(50_000_000, ' ')),
    },
  ],
];

describe.each(WASM_TARGETS)('the limits of the %s', (name) => {
  let target: Target;
  beforeAll(async () => {
    target = await TARGETS[name](SETTINGS);
  });
  afterAll(() => target.stop());

  it.each(REFUSED)('refuse %s: %s', async (_, code, status, path, init) => {
    const response = await target.fetch(path, init);
    expect([response.status, await response.json()]).toMatchObject([status, { code }]);
    expect(response.headers.has('Retry-After')).toBe(status === 503);
  });

  it('are counted, each by its code', async () => {
    const metrics = await (await target.fetch('/metrics')).text();
    for (const [, code] of REFUSED) {
      const count = REFUSED.filter(([, each]) => each === code).length;
      expect(metrics).toContain(`request_errors_total{code="${code}"} ${count}\n`);
    }
  });

  it('let through what is within them, and give back what bodies held', async () => {
    for (let i = 0; i < 5; i++) {
      const padded = spaces(15_000) + JSON.stringify(rows(2));
      expect((await target.fetch('/predict', post(padded))).status).toBe(200);
    }
  });

  it('say of every answer that it is what it says', async () => {
    for (const path of ['/healthz', '/metrics', '/nowhere', '/version', '/openapi.json']) {
      const { headers } = await target.fetch(path);
      expect([path, headers.get('X-Content-Type-Options')]).toEqual([path, 'nosniff']);
    }
  });

  it('let pages of the origins that are set read answers and errors, and no others', async () => {
    const from = async (origin: string, path: string, init: RequestInit = {}) => {
      const headers = { ...(init.headers as Record<string, string>), Origin: origin };
      const response = await target.fetch(path, { ...init, headers });
      return response.headers.get('Access-Control-Allow-Origin');
    };
    const origin = 'https://app.example.com';
    expect(await from(origin, '/predict', post(rows(1)))).toBe(origin);
    expect(await from(origin, '/predict', post('x'))).toBe(origin);
    expect(await from('http://localhost:5173', '/healthz')).toBe('http://localhost:5173');
    expect(await from('https://evil.example.com', '/predict', post(rows(1)))).toBeNull();
    const preflight = await target.fetch('/predict', {
      method: 'OPTIONS',
      headers: { Origin: origin, 'Access-Control-Request-Method': 'POST' },
    });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get('X-Request-Id')).toMatch(/^[0-9a-f-]{36}$/);
    const asked = await target.fetch('/predict', {
      method: 'OPTIONS',
      headers: { Origin: origin },
    });
    expect(asked.status).toBe(405);
    expect(preflight.headers.get('Access-Control-Allow-Headers')).toContain('Authorization');
  });

  it('pass a trace back with the span of the request, and log it', async () => {
    const traceparent = `00-${TRACE}-00f067aa0ba902b7-01`;
    const response = await target.fetch('/predict', post(rows(1), { traceparent }));
    const [, span] =
      /^00-4bf92f3577b34da6a3ce929d0e0e4736-([0-9a-f]{16})-01$/.exec(
        response.headers.get('traceresponse') ?? '',
      ) ?? [];
    const line = await vi.waitFor(() => {
      const found = target.logs().find(({ trace_id }) => trace_id === TRACE);
      expect(found).toBeDefined();
      return found;
    });
    expect(line).toMatchObject({
      span_id: span,
      parent_id: '00f067aa0ba902b7',
      rows: 1,
      queue_ms: expect.any(Number),
      inference_ms: expect.any(Number),
    });
  });

  it('log what fails and what is traced alone, where no successes are asked for', async () => {
    const lines = target.logs().filter(({ msg }) => msg === 'request');
    expect(lines.filter(({ status }) => Number(status) < 400)).toHaveLength(1);
    expect(lines.filter(({ status }) => Number(status) >= 400).length).toBeGreaterThan(10);
    expect(JSON.stringify(target.logs())).not.toContain('17.99');
  });
});

describe.each(WASM_TARGETS)('LOG_PAYLOADS in the %s', (name) => {
  it('says so at start, and logs the beginning of what is sent', async () => {
    const target = await TARGETS[name]({ LOG_PAYLOADS: 'true', CORS_ORIGINS: '*' });
    try {
      const padded = JSON.stringify(rows(1)) + spaces(10_000);
      const response = await target.fetch('/predict', post(padded, { Origin: 'https://a.b' }));
      expect(response.headers.get('Access-Control-Allow-Origin')).toBe('*');
      const warning = { level: 'warn', msg: expect.stringMatching(/^LOG_PAYLOADS/) };
      expect(target.logs()).toContainEqual(expect.objectContaining(warning));
      await vi.waitFor(() => {
        const [line] = target.logs().filter(({ msg }) => msg === 'request');
        expect(line?.payload).toBe(padded.slice(0, 4096));
      });
    } finally {
      await target.stop();
    }
  });
});

describe('a deadline', () => {
  it('holds whatever a request waits for: its run, those before it, and its own body', async () => {
    const server = await startNode({
      MODEL_REPOSITORY: repositoryOnDisk('slow'),
      REQUEST_TIMEOUT_MS: '300',
      MAX_BATCH_ROWS: '1',
    });
    const slow = new Array(100).fill(new Array(16).fill(1));
    const ask = async (body: unknown) =>
      (await server.fetch('/models/slow/predict', post({ instances: body }))).json();
    const start = performance.now();
    const answers = await Promise.all([ask(slow), ask(slow.slice(0, 1))]);
    expect(answers).toMatchObject([{ code: 'timeout' }, { code: 'timeout' }]);
    expect(performance.now() - start).toBeLessThan(5000);
    const metrics = await (await server.fetch('/metrics')).text();
    const labels = 'model="slow",version="1",protocol="predict",outcome="timeout"';
    expect(metrics).toContain(`prediction_requests_total{${labels}} 2\n`);
    expect(await server.stop()).toBe(0);
  });
});

describe('the rate limit of the platform', () => {
  it('turns away who asks for more, with 429, and leaves health alone', async () => {
    const harness = createTestHarness({
      workers: [{ configPath: 'test/fixtures/rate-limited/wrangler.toml' }],
    });
    const { url } = await harness.listen();
    try {
      const ask = (address: string) =>
        fetch(new URL('/predict', url), post(row, { 'CF-Connecting-IP': address }));
      const statuses: number[] = [];
      for (let i = 0; i < 4; i++) statuses.push((await ask('192.0.2.1')).status);
      expect(statuses).toEqual([200, 200, 200, 429]);
      const refused = await ask('192.0.2.1');
      expect(await refused.json()).toMatchObject({ code: 'rate_limited' });
      expect(refused.headers.get('Retry-After')).toBe('10');
      expect((await fetch(new URL('/healthz', url))).status).toBe(200);
    } finally {
      await harness.close();
    }
  });
});
