import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import { infer, startInfer } from '../helpers/infer.ts';
import { predict, type StandIn, type StandInOptions, startStandIn } from '../helpers/stand-in.ts';

/** How long the server stalls: as long as a collection of garbage, a reload, or a neighbour on the machine may take. */
const STALL_MS = 1000;

/** Never settles: a request that stays under way. */
const never = new Promise<never>(() => {});

describe('npm run infer, of a server that does not just answer', () => {
  let server: StandIn | undefined;
  afterEach(() => server?.stop());

  const start = async (answer: StandInOptions['answer']): Promise<StandIn> => {
    server = await startStandIn({ ...(answer && { answer }) });
    return server;
  };

  /** Answers at once, but for a second in which nobody is answered, which begins with the request of a number. */
  const stallingAt = (first: number): StandInOptions['answer'] => {
    let stall: Promise<void> | undefined;
    let isOver = false;
    return async (number, instances) => {
      if (number === first) {
        stall = new Promise((resolve) => setTimeout(resolve, STALL_MS));
        void stall.then(() => {
          isOver = true;
        });
      }
      if (!isOver) await stall;
      return predict(instances);
    };
  };

  it('shows a stall of a second in p99 where requests are due at a rate, and would hide it where each waits for the last', async () => {
    const { url } = await start(stallingAt(300));
    const args = ['--url', url, '--json'];
    const open = JSON.parse((await infer(...args, '--rate', '200', '--duration', '5')).stdout);
    // 200 of 1000 requests are due in that second, and half of these wait for more than half of it.
    expect(open).toMatchObject({ count: 1000, errors: 0, offered_rate: 200 });
    expect(open.latency_ms.p99).toBeGreaterThan(500);
    expect(open.latency_ms.p90).toBeGreaterThan(250);
    await server?.stop();

    const other = await start(stallingAt(300));
    const { stdout } = await infer('--url', other.url, '--json', '--requests', '1000');
    const closed = JSON.parse(stdout);
    expect(closed).toMatchObject({ count: 1000, errors: 0, offered_rate: null });
    expect(closed.latency_ms.max).toBeGreaterThan(900);
    expect(closed.latency_ms.p99).toBeLessThan(500);
  });

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)(
    'prints what it has measured after %s, and what was under way is no error',
    async (signal, code) => {
      const stalled = Promise.withResolvers<void>();
      const { url } = await start((number, instances) => {
        if (number <= 30) return predict(instances);
        stalled.resolve();
        return never;
      });
      const args = ['--url', url, '--duration', '600', '--concurrency', '3'];
      const json = startInfer([...args, '--json']);
      await stalled.promise;
      json.kill(signal);
      const ended = await json.ended;
      expect(ended).toMatchObject({ code, stderr: '' });
      expect(JSON.parse(ended.stdout)).toMatchObject({ count: 30, errors: 0, under_way: 3 });
    },
  );

  it.each([
    [['--requests', '5000'], /^stopped after 3 of 5000 requests$/m],
    [['--duration', '30'], /^stopped after \d+\.\d of 30 s$/m],
  ])('prints a table of what it has measured, too, and how far it came: %j', async (asked, far) => {
    const stalled = Promise.withResolvers<void>();
    const { url } = await start((number, instances) => {
      if (number <= 3) return predict(instances);
      stalled.resolve();
      return never;
    });
    const run = startInfer(['--url', url, ...asked]);
    await stalled.promise;
    run.kill('SIGINT');
    const { code, stdout } = await run.ended;
    expect(code).toBe(130);
    expect(stdout).toContain('stand-in v1: 3 requests, 0 errors');
    expect(stdout).toMatch(far);
    expect(stdout).toContain('\n1 request still under way\n');
    expect(stdout).toMatch(/│ inference +│ +3 │ +0 │ +0\.125 │/);
    expect(stdout).toContain('\nlatency, ms\n');
  });

  it('fails when more requests fail than may, and says how many of what', async () => {
    const { url } = await start((number, instances) =>
      number % 5 === 0
        ? { status: 503, body: { code: 'overloaded', error: 'later' } }
        : predict(instances),
    );
    const args = ['--url', url, '--requests', '10'];
    const none = await infer(...args);
    expect(none.code).toBe(1);
    expect(none.stdout).toContain('  5  overloaded: later, latency ');
    expect(none.stdout).toContain('stand-in v1: 10 requests, 2 errors');
    expect(none.stdout).toContain('errors: 2 overloaded\nfirst error: overloaded: later\n');
    expect((await infer(...args, '--max-errors', '1')).code).toBe(1);
    const { code, stdout } = await infer(...args, '--max-errors', '2', '--json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      count: 10,
      errors: 2,
      first_error: 'overloaded: later',
      errors_by_code: { overloaded: 2 },
    });
    expect(JSON.parse(stdout).times_ms).toHaveLength(8);
  });

  it.each([
    ['unauthorized', 401],
    ['forbidden', 403],
    ['not_found', 404],
    ['too_many_rows', 413],
  ])('stops at the first answer when that is %s', async (error, status) => {
    const { url, asked } = await start(() => ({ status, body: { code: error, error: 'no' } }));
    const { code, stdout, stderr } = await infer(
      '--url',
      url,
      '--requests',
      '50',
      '--concurrency',
      '2',
    );
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(new RegExp(`^${error}: .+\\n$`));
    expect(asked()).toBeLessThanOrEqual(2);
  });

  it('counts such an answer as an error once there has been another', async () => {
    const { url } = await start((number, instances) =>
      number > 1 ? { status: 404, body: { code: 'not_found', error: 'no' } } : predict(instances),
    );
    const { code, stdout } = await infer('--url', url, '--requests', '5', '--json');
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ count: 5, errors_by_code: { not_found: 4 } });
  });

  it('says that a token is none before it sends anything', async () => {
    const { url, asked } = await start(undefined);
    const env = { API_TOKEN: 'tök€n' };
    expect(await startInfer(['--url', url], { env }).ended).toEqual({
      code: 1,
      stdout: '',
      stderr: 'API_TOKEN is no token: expected letters, digits and . _ ~ + / - alone\n',
    });
    expect(asked()).toBe(0);
  });

  it('says in a line what is wrong where somebody is there', async () => {
    const { url } = await start(undefined);
    const { host, port } = new URL(url);
    expect(await infer('--url', `https://${host}`)).toEqual({
      code: 1,
      stdout: '',
      stderr: `cannot ask https://${host}: it does not speak TLS: is it http://${host}?\n`,
    });
    await server?.stop();
    const { stderr } = await infer('--url', `http://127.0.0.1:${port}`);
    expect(stderr).toBe(`no server at http://127.0.0.1:${port}: is \`npm start\` running?\n`);
  });

  it('counts what is not answered in time as an error, and ends', async () => {
    const { url } = await start(() => never);
    const args = [
      '--url',
      url,
      '--timeout',
      '2',
      '--requests',
      '2',
      '--concurrency',
      '2',
      '--json',
    ];
    const { code, stdout } = await infer(...args);
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      count: 2,
      first_error: `timeout: no answer from ${url} within 2 s: give it longer with --timeout`,
      errors_by_code: { timeout: 2 },
    });
  });

  it('waits no longer than that for the model, either', async () => {
    const silent = createServer().listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as AddressInfo;
    const { code, stderr } = await infer('--url', `127.0.0.1:${port}`, '--timeout', '0.1');
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: `timeout: no answer from http://127.0.0.1:${port} within 0.1 s: give it longer with --timeout\n`,
    });
    silent.close();
  });

  it('ends quietly once nobody reads what it prints', async () => {
    const { url } = await start(undefined);
    const command = `"${process.execPath}" src/cli/infer.ts --url ${url} --requests 90 | head -1`;
    const { stdout, stderr } = await promisify(execFile)('bash', ['-c', command]);
    expect(stdout).toMatch(/^ {2}1 {2}\[1\] {2}inference .*\n$/);
    expect(stderr).toBe('');
  });

  it.runIf(process.platform === 'linux')('says in one line that it cannot write', async () => {
    const { url } = await start(undefined);
    const command = `"${process.execPath}" src/cli/infer.ts --url ${url} > /dev/full`;
    const written = promisify(execFile)('bash', ['-c', command]);
    await expect(written).rejects.toMatchObject({ code: 1, stderr: 'cannot write: ENOSPC\n' });
  });

  it('prints what a server says on one line, without what a terminal would obey', async () => {
    const { url } = await start(() => ({
      status: 503,
      body: { code: 'over\u001b[2Jloaded', error: 'first\nsecond \u001b[31mred' },
    }));
    const { stdout } = await infer('--url', url, '--requests', '1');
    expect(stdout).toContain('  1  over [2Jloaded: first second  [31mred, latency ');
    expect(stdout).toContain(
      '\nerrors: 1 over [2Jloaded\nfirst error: over [2Jloaded: first second',
    );
    expect(stdout).not.toContain('\u001b');
  });

  it('counts an answer without a prediction for each row as an error', async () => {
    const { url } = await start((_, instances) => predict(instances.slice(1)));
    const { stdout } = await infer('--url', url, '--requests', '2', '--rows', '3', '--json');
    expect(JSON.parse(stdout)).toMatchObject({
      errors: 2,
      first_error: 'bad_answer: expected 3 predictions, got 2',
      inference_ms: null,
      latency_ms: null,
      histogram_ms: [],
    });
  });

  it('goes on to the end when the server goes away, and counts what nobody answers as errors', async () => {
    const { url } = await start((number, instances) => {
      if (number === 6) setImmediate(() => server?.stop());
      return predict(instances);
    });
    const { code, stdout } = await infer('--url', url, '--requests', '10', '--json');
    expect(code).toBe(1);
    const { count, errors, errors_by_code: codes } = JSON.parse(stdout);
    // Its connection breaks off under a request at most; after that there is nobody to connect to.
    expect(count).toBe(10);
    expect(codes.no_server).toBeGreaterThanOrEqual(3);
    expect(codes.no_server + (codes.connection_lost ?? 0)).toBe(errors);
  });
});
