import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { post, readCard } from '../../helpers/golden.ts';
import { RawSocket } from '../../helpers/raw-socket.ts';
import { type NodeTarget, startNode } from '../../helpers/targets.ts';

const row = readCard('breast-cancer').examples[0] as number[];
const PREDICT = ['POST /predict HTTP/1.1', 'Host: x', 'Content-Type: application/json'];
const end = ['', ''];

let server: NodeTarget;
beforeAll(async () => {
  server = await startNode({
    MAX_HEADER_BYTES: '4096',
    HEADER_TIMEOUT_MS: '600',
    BODY_TIMEOUT_MS: '600',
    IDLE_TIMEOUT_MS: '600',
    MAX_CONNECTIONS: '4',
  });
});
afterAll(() => server.stop());

const metric = async (series: string) => {
  const text = await (await server.fetch('/metrics', { headers: { Connection: 'close' } })).text();
  const line = text.split('\n').find((candidate) => candidate.startsWith(`${series} `));
  return Number(line?.slice(series.length + 1));
};
const errors = (code: string) => metric(`request_errors_total{code="${code}"}`);

describe('what never gets to be a request', () => {
  it.each<[what: string, status: number, code: string, lines: string[]]>([
    ['no HTTP at all', 400, 'bad_request', ['hello', ...end]],
    ['TLS where none is spoken', 400, 'bad_request', ['\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03']],
    [
      'headers that are too large',
      431,
      'headers_too_large',
      ['GET / HTTP/1.1', 'Host: x', `X: ${'y'.repeat(5000)}`, ...end],
    ],
    [
      'a body of two lengths',
      400,
      'bad_request',
      [...PREDICT, 'Content-Length: 5', 'Content-Length: 6', ...end],
    ],
    [
      'a body of a length and in chunks, as smugglers send it',
      400,
      'bad_request',
      [...PREDICT, 'Content-Length: 5', 'Transfer-Encoding: chunked', '', '0', ...end],
    ],
    ['a request without a Host', 400, 'bad_request', ['GET /healthz HTTP/1.1', ...end]],
    ['a Host that is none', 400, 'bad_request', ['GET /healthz HTTP/1.1', 'Host: a/b', ...end]],
    ['a target that is none', 400, 'bad_request', ['GET healthz HTTP/1.1', 'Host: x', ...end]],
  ])('such as %s is answered with %i, as every other fault', async (_, status, code, lines) => {
    const before = await errors(code);
    const answer = await (await RawSocket.open(server)).send(...lines).untilClosed();
    expect(answer.status).toBe(status);
    expect(JSON.parse(answer.body)).toEqual({ error: expect.any(String), code });
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'content-type': 'application/json',
      'x-content-type-options': 'nosniff',
      'x-request-id': expect.stringMatching(/^[0-9a-f-]{36}$/),
      connection: 'close',
    });
    expect(await errors(code)).toBe(before + 1);
  });

  it('is not HTTP/1.0, which needs no Host, nor what a client expects beside the usual', async () => {
    const old = await RawSocket.open(server);
    expect(await old.send('GET /healthz HTTP/1.0', ...end).untilClosed()).toMatchObject({
      status: 200,
      body: '{"alive":true}',
    });
    const expecting = await RawSocket.open(server);
    const lines = ['GET /healthz HTTP/1.1', 'Host: x', 'Expect: wonders', 'Connection: close'];
    expect(await expecting.send(...lines, ...end).untilClosed()).toMatchObject({ status: 200 });
  });
});

describe('a client that takes its time', () => {
  it.each([
    ['says nothing', []],
    ['stops in the middle of its headers', ['GET /healthz HTTP/1.1', 'Host: x']],
    ['stops in the middle of its body', [...PREDICT, 'Content-Length: 100', '', '[1']],
    ['stops in the middle of a chunk', [...PREDICT, 'Transfer-Encoding: chunked', '', '5', '[1']],
    [
      'stops in the middle of a body that nobody reads',
      ['POST /nowhere HTTP/1.1', 'Host: x', 'Content-Length: 100', '', '[1'],
    ],
  ])('and %s is cut off', async (_, lines) => {
    const answer = await (await RawSocket.open(server)).send(...lines).untilClosed();
    // What is not read has been answered long before.
    if (lines[0]?.includes('nowhere')) expect(answer.status).toBe(404);
    else expect(JSON.parse(answer.body)).toMatchObject({ code: 'request_timeout' });
  });

  it('is counted and logged where it asked for a prediction', async () => {
    const labels = 'model="breast-cancer",version="1",protocol="predict",outcome="invalid"';
    expect(await metric(`prediction_requests_total{${labels}}`)).toBe(2);
    expect(await errors('request_timeout')).toBe(4);
    expect(server.logs()).toContainEqual(
      expect.objectContaining({ status: 408, code: 'request_timeout', route: '/predict' }),
    );
  });

  it('with its next request finds its connection closed, and no sooner', async () => {
    const idle = await RawSocket.open(server);
    const ask = ['GET /healthz HTTP/1.1', 'Host: x', ...end];
    expect((await idle.send(...ask).answer()).status).toBe(200);
    const start = performance.now();
    await idle.untilClosed();
    expect(performance.now() - start).toBeGreaterThan(500);
  });
});

describe('more connections than there may be', () => {
  it('get health and metrics answered, once, and predictions refused', async () => {
    await vi.waitFor(async () => expect(await metric('http_connections')).toBe(1));
    const start = ['GET /healthz HTTP/1.1', 'Host: x'];
    const kept = await Promise.all([0, 1, 2, 3].map(() => RawSocket.open(server)));
    for (const connection of kept) connection.send(...start, ...end);
    for (const connection of kept) expect((await connection.answer()).status).toBe(200);

    const health = await (await RawSocket.open(server)).send(...start, ...end).untilClosed();
    expect(health.status).toBe(200);
    expect(health.headers.get('Connection')).toBe('close');
    const body = JSON.stringify(row);
    const refused = await (await RawSocket.open(server))
      .send(...PREDICT, `Content-Length: ${body.length}`, '', body)
      .untilClosed();
    expect(refused.status).toBe(503);
    expect(JSON.parse(refused.body)).toMatchObject({ code: 'too_many_connections' });
    // Those that were there before are served on.
    const [first] = kept;
    first?.send(...PREDICT, `Content-Length: ${body.length}`, 'Connection: close', '', body);
    expect((await first?.untilClosed())?.body).toContain('predictions');
    for (const { socket } of kept) socket.destroy();
  });
});

describe('bodies that arrive slowly', () => {
  it('cannot fill the memory together: what goes beyond the bound is refused at once', async () => {
    const own = await startNode({ MAX_PENDING_BYTES: '30000' });
    const half = (bytes: number) => [...PREDICT, 'Content-Length: 30000', '', ' '.repeat(bytes)];
    const stalled = (await RawSocket.open(own)).send(...half(20_000));
    const inFlight = async () => (await own.fetch('/metrics')).text();
    await vi.waitFor(async () =>
      expect(await inFlight()).toContain('\nhttp_requests_in_flight 2\n'),
    );
    const refused = await (await RawSocket.open(own)).send(...half(15_000)).answer();
    expect(JSON.parse(refused.body)).toMatchObject({ code: 'overloaded' });
    stalled.socket.destroy();
    await vi.waitFor(async () =>
      expect(await inFlight()).toContain('\nhttp_requests_in_flight 1\n'),
    );
    const padded = ' '.repeat(25_000) + JSON.stringify(row);
    expect((await own.fetch('/predict', post(padded))).status).toBe(200);
    await own.stop();
  });
});
