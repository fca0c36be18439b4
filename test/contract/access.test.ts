import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OPERATIONS } from '../../src/protocols/openapi-operations.ts';
import { GrpcClient } from '../helpers/grpc.ts';
import { startNode, TARGETS, type Target, WASM_TARGETS } from '../helpers/targets.ts';

/** Of predictions there are two tokens, as while one takes the other's place. */
const SETTINGS = { API_TOKEN: 'ask-new,ask-old', METRICS_TOKEN: 'scrape', ADMIN_TOKEN: 'load' };
const TOKENS = ['ask-new', 'ask-old', 'scrape', 'load'] as const;

/** A request that reaches an endpoint, as the table of operations names it. */
function requestTo(route: string, token?: string): [path: string, init: RequestInit] {
  const [method = '', pattern = ''] = route.split(' ');
  const path = pattern
    .replace(':call{[^/]+:predict}', 'digits:predict')
    .replace(':versionCall{[^/]+:predict}', '1:predict')
    .replace(/:name(\{.*?\})?/, 'digits')
    .replace(/:version(\{.*?\})?/, '1');
  const headers: Record<string, string> = token ? { Authorization: `Bearer ${token}` } : {};
  if (method === 'POST') headers['Content-Type'] = 'application/json';
  return [path, { method, headers, ...(method === 'POST' && { body: '{}' }) }];
}

/** What a request meets: the endpoint itself, whatever that says to an empty body, or the door. */
function meets({ status }: Response): 'open' | '401' | '403' {
  return status === 401 || status === 403 ? `${status}` : 'open';
}

async function measure(target: Target): Promise<string[][]> {
  const rows: string[][] = [];
  for (const route of Object.keys(OPERATIONS)) {
    const ask = async (token?: string) => meets(await target.fetch(...requestTo(route, token)));
    const byToken = new Map<string, string>();
    for (const token of TOKENS) byToken.set(token, await ask(token));
    rows.push([
      route,
      await ask(),
      await ask('wrong'),
      ...['API_TOKEN', 'METRICS_TOKEN', 'ADMIN_TOKEN'].map((setting) => {
        const own = SETTINGS[setting as keyof typeof SETTINGS].split(',');
        // Every token of a setting opens the same.
        return [...new Set(own.map((token) => byToken.get(token)))].join(' or ');
      }),
    ]);
  }
  return rows;
}

const START =
  '<!-- access: measured by test/contract/access.test.ts, written by `npx vitest run test/contract/access.test.ts -u` -->\n';

/** SECURITY.md with the rows in the place of those that it has. */
function withTable(rows: readonly string[][]): string {
  const text = readFileSync('SECURITY.md', 'utf8');
  const [before, rest = ''] = text.split(START);
  const after = rest.slice(rest.indexOf('\n\n'));
  const head = [
    'endpoint',
    'no token',
    'unknown token',
    'API_TOKEN',
    'METRICS_TOKEN',
    'ADMIN_TOKEN',
  ];
  const lines = [
    head,
    head.map(() => '---'),
    ...rows.map(([route, ...cells]) => [`\`${route}\``, ...cells]),
  ];
  return `${before}${START}${lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n')}${after}`;
}

describe.each(WASM_TARGETS)('who may do what: %s', (name) => {
  let target: Target;
  beforeAll(async () => {
    target = await TARGETS[name](SETTINGS);
  });
  afterAll(() => target.stop());

  it('is what SECURITY.md says of every endpoint', async () => {
    const rows = await measure(target);
    if (name !== 'workerd') {
      await expect(withTable(rows)).toMatchFileSnapshot(resolve('SECURITY.md'));
      return;
    }
    // At the edge loading and unloading is off for everybody; all the rest is the same.
    const elsewhere = rows.filter(([route]) => !route?.startsWith('POST /v2/repository/models/'));
    const text = readFileSync('SECURITY.md', 'utf8');
    for (const [route, ...cells] of elsewhere) {
      // The administrator's token is one that nobody knows here.
      const admin = cells.at(-1) === '401' ? '403' : cells.at(-1);
      const elsewhere = cells.with(-1, admin ?? '');
      expect(text).toContain(`| \`${route}\` | ${elsewhere.join(' | ')} |\n`);
    }
    const loading = rows.filter((row) => !elsewhere.includes(row));
    expect(loading.map(([, ...cells]) => cells)).toEqual(Array(2).fill(Array(5).fill('403')));
  });

  it('is told without a word of what the token is', async () => {
    const wrong = await target.fetch(...requestTo('POST /predict', 'wrong'));
    expect(wrong.headers.get('WWW-Authenticate')).toBe('Bearer');
    const other = await target.fetch(...requestTo('POST /predict', 'scrape'));
    expect(await other.json()).toEqual({
      error: 'the token is good for metrics alone',
      code: 'forbidden',
    });
    const texts = await Promise.all(
      ['/metrics', '/openapi.json', '/readyz'].map(async (path) => {
        const init = { headers: { Authorization: 'Bearer scrape' } };
        return (await target.fetch(path, init)).text();
      }),
    );
    const said = [await wrong.text(), ...texts, JSON.stringify(target.logs())].join('\n');
    for (const token of TOKENS.filter((each) => each !== 'load')) expect(said).not.toContain(token);
  });
});

describe('over gRPC', () => {
  it('the same tokens open the same', async () => {
    const server = await startNode({ ...SETTINGS, GRPC_PORT: '0' });
    const client = new GrpcClient(server);
    const statusOf = async (method: string, token?: string) => {
      const options = token ? { headers: { authorization: `Bearer ${token}` } } : {};
      const request = method === 'ModelInfer' ? { model_name: 'digits' } : { model_name: 'x' };
      const failure: unknown = await client.call(method, request, options).catch((error) => error);
      return (failure as { status?: string }).status;
    };
    expect({
      none: await statusOf('ModelInfer'),
      unknown: await statusOf('ModelInfer', 'wrong'),
      old: await statusOf('ModelInfer', 'ask-old'),
      new: await statusOf('ModelInfer', 'ask-new'),
      metrics: await statusOf('ModelInfer', 'scrape'),
      admin: await statusOf('RepositoryModelLoad', 'load'),
      adminByApi: await statusOf('RepositoryModelLoad', 'ask-new'),
    }).toEqual({
      none: 'UNAUTHENTICATED',
      unknown: 'UNAUTHENTICATED',
      old: 'INVALID_ARGUMENT',
      new: 'INVALID_ARGUMENT',
      metrics: 'PERMISSION_DENIED',
      admin: 'NOT_FOUND',
      adminByApi: 'PERMISSION_DENIED',
    });
    client.close();
    await server.stop();
  });
});
