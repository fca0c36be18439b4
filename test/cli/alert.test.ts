import { type ChildProcess, execFile } from 'node:child_process';
import { copyFileSync, cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { freePort } from '../helpers/free-port.ts';
import { type NodeTarget, startNode } from '../helpers/targets.ts';

const SUM = 'prediction_time_seconds_sum';
const TOKEN = 'metrics-token';
/** Of a command that waits for ten seconds whether a server comes back; one that has not ended by then is killed. */
const LONGEST_RUN_MS = 50_000;
const LONGEST_TEST_MS = 60_000;

interface Ended {
  readonly code: unknown;
  readonly stdout: string;
  readonly stderr: string;
}

/** Starts the command as `npm run alert:try` does. */
function start(args: readonly string[], settings: Readonly<Record<string, string>> = {}) {
  const lines: string[] = [];
  const env = { ...process.env, ...settings };
  let child: ChildProcess | undefined;
  const ended = new Promise<Ended>((resolve) => {
    child = execFile(
      process.execPath,
      ['src/cli/alert.ts', ...args],
      { env, timeout: LONGEST_RUN_MS },
      (error, stdout, stderr) => resolve({ code: error ? error.code : 0, stdout, stderr }),
    );
    child.stdout?.on('data', (text: string) => lines.push(...text.split('\n')));
  });
  return { ended, lines, kill: (signal: NodeJS.Signals) => child?.kill(signal) };
}

const tryAlert = (args: readonly string[], settings = {}) => start(args, settings).ended;

/** A repository of a shipped model, and of one without a card. */
function createRepository(): string {
  const models = mkdtempSync(join(tmpdir(), 'kilat-alert-'));
  cpSync('model/digits', join(models, 'digits'), { recursive: true });
  copyFileSync('test/models/slow.onnx', join(models, 'no-card.onnx'));
  return models;
}

describe('npm run alert:try', () => {
  let repository: string;
  let server: NodeTarget;
  let sum: () => Promise<number>;

  beforeAll(async () => {
    repository = createRepository();
    const settings = { METRICS_TOKEN: TOKEN, MAX_BODY_BYTES: '4000', DEFAULT_MODEL: 'digits' };
    server = await startNode({ MODEL_REPOSITORY: repository, ...settings });
    sum = async () => {
      const headers = { Authorization: `Bearer ${TOKEN}` };
      const text = await (await server.fetch('/metrics', { headers })).text();
      return Number(/^prediction_time_seconds_sum\{model="digits".*\} (\S+)$/m.exec(text)?.[1]);
    };
  });
  afterAll(async () => {
    await server.stop();
    rmSync(repository, { recursive: true });
  });

  it('asks the server until the sum is above the threshold, and shows how it gets there', async () => {
    const before = await sum();
    const args = ['--url', server.url, '--metrics-token', TOKEN, '--threshold', '0.2'];
    const { code, stdout, stderr } = await tryAlert(args);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const after = await sum();
    expect(before).toBe(0);
    expect(after).toBeGreaterThan(0.2);
    const shown = [
      ...stdout.matchAll(/^prediction_time_seconds_sum of digits v1: (.+) of 0.2 s$/gm),
    ];
    const sums = shown.map(([, seconds]) => Number(seconds));
    expect(sums.length).toBeGreaterThanOrEqual(2);
    expect(sums).toEqual(sums.toSorted((a, b) => a - b));
    // Shown to the millisecond.
    expect(sums.at(-1)).toBeGreaterThanOrEqual(0.2);
    expect(sums.at(-1)).toBeLessThanOrEqual(after + 0.0005);
    expect(stdout).toMatch(
      /\{model="digits",version="1"\} is 0\.\d{3} s, above 0\.2 s, after \d+ s and \d+ requests\./,
    );
    expect(stdout).toContain('Alert_Prediction_Time itself fires above 3 s.');
    // Requests grew no larger than the server takes: of its bodies, 64 rows are too long.
    const rows = server.logs().map((line) => Number(line.rows ?? 0));
    expect(Math.max(...rows)).toBeGreaterThanOrEqual(8);
    expect(Math.max(...rows)).toBeLessThan(64);
  });

  it('sends nothing when the sum is above already, and takes the token as a setting', async () => {
    const before = await sum();
    const settings = { METRICS_TOKEN: TOKEN };
    const { code, stdout } = await tryAlert(['--url', server.url, '--threshold', '0.1'], settings);
    expect(code).toBe(0);
    expect(stdout).toContain('above 0.1 s, already, before any request.');
    expect(await sum()).toBe(before);
  });

  it('gives up when the time is over', async () => {
    const args = ['--url', server.url, '--threshold', '1000', '--duration', '1'];
    const { code, stderr } = await tryAlert(args, { METRICS_TOKEN: TOKEN });
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^after 1 s prediction_time_seconds_sum of digits is \d\.\d{3} s, not yet more than 1000 s: give it longer with --duration, or another model with --model\n$/,
    );
  });

  it('stops when it is told to', async () => {
    const args = ['--url', server.url, '--threshold', '1000'];
    const running = start(args, { METRICS_TOKEN: TOKEN });
    await vi.waitFor(() => expect(running.lines.join()).toContain('of 1000 s'), 10_000);
    running.kill('SIGINT');
    expect(await running.ended).toMatchObject({ code: 130, stderr: 'stopped by SIGINT\n' });
  });

  it('says in one line what is wrong', async () => {
    const nobody = `http://127.0.0.1:${await freePort()}`;
    expect(await tryAlert(['--url', nobody])).toEqual({
      code: 1,
      stdout: '',
      stderr: `no server at ${nobody}: is \`npm start\` running?\n`,
    });
    const of = (model: string) =>
      tryAlert(['--url', server.url, '--model', model, '--metrics-token', TOKEN]);
    expect((await of('iris')).stderr).toBe(
      "model_not_found: Request for unknown model: 'iris' is not found; the server has digits, no-card\n",
    );
    expect((await of('no-card')).stderr).toBe(
      "model 'no-card' has no examples in its card to send\n",
    );
    expect((await tryAlert(['--url', server.url], { METRICS_TOKEN: '€' })).stderr).toBe(
      'METRICS_TOKEN is no token: expected letters, digits and . _ ~ + / - alone\n',
    );
    expect((await tryAlert(['--url', server.url, '--metrics-token', 'a b'])).stderr).toBe(
      '--metrics-token is no token: expected letters, digits and . _ ~ + / - alone\n',
    );
    expect((await tryAlert(['--threshold', 'high'])).stderr).toContain('expected a number above 0');
  });

  it('says which token the server wants', async () => {
    const API_TOKEN = 'api-token';
    const settings = { METRICS_TOKEN: TOKEN, API_TOKEN, DEFAULT_MODEL: 'digits' };
    const closed = await startNode({ MODEL_REPOSITORY: repository, ...settings });
    const stderr = async (env: Readonly<Record<string, string>>) =>
      (await tryAlert(['--url', closed.url], { API_TOKEN: '', METRICS_TOKEN: '', ...env })).stderr;
    expect(await stderr({ API_TOKEN })).toBe(
      'unauthorized: the server wants a token for /metrics: set METRICS_TOKEN to it\n',
    );
    expect(await stderr({ API_TOKEN, METRICS_TOKEN: 'old' })).toBe(
      'unauthorized: the server wants another token for /metrics than METRICS_TOKEN has\n',
    );
    expect(await stderr({ METRICS_TOKEN: TOKEN })).toBe(
      'unauthorized: the server wants a token for predictions: set API_TOKEN to it\n',
    );
    expect(await stderr({ METRICS_TOKEN: TOKEN, API_TOKEN: TOKEN })).toBe(
      'forbidden: the token is good for metrics alone: the server wants another token for predictions than API_TOKEN has\n',
    );
    await closed.stop();
  });

  it('names both tokens in its help', async () => {
    const { stdout } = await tryAlert(['--help']);
    expect(stdout).toContain('(env: METRICS_TOKEN)');
    expect(stdout).toContain('\nAPI_TOKEN of the environment goes along');
  });

  it('notices that the server was started again', { timeout: LONGEST_TEST_MS }, async () => {
    const settings = { MODEL_REPOSITORY: repository, PORT: String(await freePort()) };
    const first = await startNode(settings);
    const running = start(['--url', first.url, '--model', 'digits', '--threshold', '1']);
    await vi.waitFor(() => expect(running.lines.join()).toMatch(/: 0\.[2-9]\d* of 1 s/), 40_000);
    await first.stop('SIGKILL');
    const second = await startNode(settings);
    const { code, stderr } = await running.ended;
    await second.stop();
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^prediction_time_seconds_sum of digits v1 fell from 0\.\d{3} s to 0\.\d{3} s: the server was started again, or several share this address; begin again, with one that stays\n$/,
    );
  });

  it('gives up a server that is gone', { timeout: LONGEST_TEST_MS }, async () => {
    const gone = await startNode({ MODEL_REPOSITORY: repository });
    const running = start(['--url', gone.url, '--model', 'digits', '--threshold', '1000']);
    await vi.waitFor(() => expect(running.lines.join()).toContain(SUM), 10_000);
    await gone.stop('SIGKILL');
    expect(await running.ended).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('no server at http://127.0.0.1:'),
    });
  });
});
