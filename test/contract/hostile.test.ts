import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GrpcClient } from '../helpers/grpc.ts';
import { longBodies } from '../helpers/hostile-bodies.ts';
import { bomb } from '../helpers/hostile-bombs.ts';
import { changedOnTheWire, hostileRequests, rawRequests } from '../helpers/hostile-corpus.ts';
import { Dice } from '../helpers/hostile-dice.ts';
import {
  callOfWrongThings,
  HOSTILE_INFERS,
  hostileCalls,
  notGrpc,
} from '../helpers/hostile-grpc.ts';
import { callViolationsOf, streamViolationsOf } from '../helpers/hostile-grpc-traffic.ts';
import type { RawRequest } from '../helpers/hostile-raw.ts';
import { type HostileRequest, send, toInit } from '../helpers/hostile-request.ts';
import { CANARY } from '../helpers/hostile-seeds.ts';
import { exchange } from '../helpers/hostile-socket.ts';
import { readMetric, readSeries, startHostile } from '../helpers/hostile-targets.ts';
import { Ledger, rawViolationsOf, sumByStatus, violationsOf } from '../helpers/hostile-traffic.ts';
import { type NodeTarget, startNode, TARGET_NAMES, type Target } from '../helpers/targets.ts';

/** How long a bare connection waits for an answer that may never come; at most so long is lost to each that does not. */
const PATIENCE_MS = 2000;
const SHORT_PATIENCE_MS = 300;
const MEBIBYTE = 2 ** 20;

const requests = hostileRequests();
const raws = rawRequests();
const exact = raws.filter(({ statuses }) => statuses);
const changed = changedOnTheWire();
const inexact = [...raws.filter(({ statuses }) => !statuses), ...changed];

describe('the hostile requests', () => {
  it('are many, each of a name of its own', () => {
    expect(requests.length).toBeGreaterThan(1500);
    expect(exact.length + inexact.length).toBeGreaterThan(400);
    const names = [...requests, ...exact, ...inexact].map(({ name }) => name);
    expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([]);
  });

  it('are the same in every run', () => {
    expect(digest(hostileRequests())).toBe(digest(requests));
    expect(digest([...rawRequests(), ...changedOnTheWire()])).toBe(digest([...raws, ...changed]));
  });
});

describe.each(TARGET_NAMES)('the %s', { timeout: 120_000 }, (name) => {
  const isNode = name.startsWith('Node');
  const hasSocket = name !== 'in-process app';
  const speaker = name === 'workerd' ? 'anybody' : 'the app';
  const fetched = { speaker: name === 'workerd' ? 'a proxy' : 'the app' } as const;
  let target: Target;
  let url: URL;
  let before: Awaited<ReturnType<typeof lookAt>>;
  beforeAll(async () => {
    target = await startHostile(name);
    url = new URL((await target.fetch('/healthz')).url || 'http://localhost');
    before = await lookAt(target);
  });
  afterAll(() => target.stop());

  const errorsByStatus = async () =>
    sumByStatus(
      (await readSeries(target, 'request_errors_total')).map(([labels, count]) => {
        return [/code="(.*?)"/.exec(labels)?.[1] ?? labels, count] as const;
      }),
    );

  it('answers whatever is sent from the table of errors, and counts it', async () => {
    const ledger = new Ledger();
    expect.soft(await violationsOf(target, requests, { ...fetched, ledger })).toEqual([]);
    // At the edge what is counted is on its way to the hub.
    if (name !== 'workerd') expect(await errorsByStatus()).toEqual(ledger.byStatus());
  });

  it.runIf(hasSocket)('answers what no client of HTTP would send', async () => {
    const options = { speaker, patienceMs: PATIENCE_MS } as const;
    const ledger = new Ledger();
    for (const [status, count] of Object.entries(isNode ? await errorsByStatus() : {})) {
      ledger.errors.set(status, count);
    }
    expect.soft(await rawViolationsOf(url, exact, { ...options, ledger })).toEqual([]);
    if (isNode) expect(await errorsByStatus()).toEqual(ledger.byStatus());
  });

  it.runIf(hasSocket)('answers requests that were changed on their way', async () => {
    const options = { speaker, patienceMs: SHORT_PATIENCE_MS } as const;
    expect(await rawViolationsOf(url, inexact, options)).toEqual([]);
  });

  it('reads no more of a decompression bomb than it may', async () => {
    const resident = () => readMetric(target, 'process_resident_memory_bytes');
    const bombs = (['gzip', 'deflate'] as const).flatMap((encoding) =>
      ['/predict', '/v2/repository/index'].map((path) =>
        send(`1 GiB: ${encoding} ${path}`, path, bomb(encoding, 1024), {
          'Content-Encoding': encoding,
        }),
      ),
    );
    const first = await resident();
    for (const request of bombs) {
      const response = await target.fetch(request.path, toInit(request));
      expect(await response.json()).toMatchObject({ code: 'body_too_large' });
      expect(response.status).toBe(413);
    }
    if (isNode) expect((await resident()) - first).toBeLessThan(100 * MEBIBYTE);
  });

  it.runIf(isNode)('answers calls of gRPC with the statuses that are documented', async () => {
    const client = new GrpcClient(target as NodeTarget);
    const dice = new Dice(7);
    const address = target.logs().find(({ msg }) => msg === 'grpc listening')?.address;
    try {
      expect(await callViolationsOf(client, hostileCalls(150, dice))).toEqual([]);
      expect(await streamViolationsOf(client, HOSTILE_INFERS)).toEqual([]);
      for (const bytes of notGrpc(dice)) {
        await exchange(new URL(`http://${address}`), bytes, SHORT_PATIENCE_MS);
      }
      expect(await client.call('ServerLive', {})).toEqual({ live: true });
    } finally {
      client.close();
    }
  });

  it('names nobody in its metrics who is not there', async () => {
    const labels = async (metric: string, label: string) => {
      const series = await readSeries(target, metric);
      return new Set(series.map(([text]) => new RegExp(`${label}="(.*?)"`).exec(text)?.[1]));
    };
    const { models } = (await (await target.fetch('/v2/models')).json()) as { models: string[] };
    const known = new Set([...models, 'unknown']);
    const counted = await labels('prediction_requests_total', 'model');
    expect(counted.size).toBeGreaterThan(1);
    expect([...counted].filter((model = '') => !known.has(model))).toEqual([]);
    const methods = await labels('http_request_duration_seconds_count', 'method');
    expect([...methods].filter((method = '') => !/^(?:[A-Z]+|unknown)$/.test(method))).toEqual([]);
    expect(methods.size).toBeLessThanOrEqual(8);
  });

  it('is as it was before', async () => {
    expect(await lookAt(target)).toEqual(before);
    const lines = target.logs().filter(({ level }) => level === 'error' || level === 'warn');
    expect(lines).toEqual([]);
    if (isNode) {
      await expect.poll(() => readMetric(target, 'http_requests_in_flight')).toBe(1);
      expect(await readMetric(target, 'http_connections')).toBeLessThanOrEqual(32);
    }
  });
});

/** On a server of their own, which one that goes wrong may take with it. */
describe('a body as long as may be', { timeout: 60_000 }, () => {
  let target: NodeTarget;
  beforeAll(async () => {
    target = await startNode({ GRPC_PORT: '0', MAX_LOOP_DELAY_MS: '0' });
  });
  afterAll(() => target.stop('SIGKILL'));

  const grown = async (work: () => Promise<unknown>) => {
    const resident = () => readMetric(target, 'process_resident_memory_bytes');
    const first = await resident();
    await work();
    return (await resident()) - first;
  };

  it.each(longBodies())(
    'of $name is refused in about the time that it takes to read',
    async (request) => {
      const bytes = await grown(async () => {
        expect(await violationsOf(target, [request], { speaker: 'the app' })).toEqual([]);
      });
      expect(bytes).toBeLessThan(1024 * MEBIBYTE);
    },
  );

  it('is so over gRPC', async () => {
    const client = new GrpcClient(target);
    const bytes = await grown(async () => {
      expect(await callViolationsOf(client, [callOfWrongThings()])).toEqual([]);
    });
    client.close();
    expect(bytes).toBeLessThan(1024 * MEBIBYTE);
  });
});

function digest(all: readonly (HostileRequest | RawRequest)[]): string {
  const hash = createHash('sha256');
  for (const request of all) {
    const { body, bytes, ...rest } = { body: undefined, bytes: undefined, ...request };
    hash.update(JSON.stringify(rest)).update(body ?? bytes ?? '');
  }
  return hash.digest('hex');
}

/** What no request may change: answers, prototypes, the process. */
async function lookAt(target: Target) {
  const json = async (path: string) => (await target.fetch(path)).json();
  const predicted = await target.fetch(CANARY.path, toInit(CANARY));
  const prototypes = [Object.prototype, Array.prototype, Function.prototype, String.prototype];
  return {
    status: predicted.status,
    ...((await predicted.json()) as object),
    time_ms: expect.any(Number),
    digits: await json('/models/digits'),
    names: await json('/v2/models'),
    prototypes: prototypes.map((prototype) => Reflect.ownKeys(prototype)),
    started: await readMetric(target, 'process_start_time_seconds'),
  };
}
