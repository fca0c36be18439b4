import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { simpleParser } from 'mailparser';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { freePort } from '../helpers/free-port.ts';
import { type NodeTarget, startNode } from '../helpers/targets.ts';

const PATIENCE_MS = 60_000;
const TOKEN = 'metrics-token';
const FINISHED = { code: 0, stderr: '' };

/** A repository of a model that takes its time, with a row to send. */
function createRepository(): string {
  const models = mkdtempSync(join(tmpdir(), 'kilat-try-models-'));
  mkdirSync(join(models, 'slow/1'), { recursive: true });
  writeFileSync(join(models, 'slow/1/model.onnx'), readFileSync('test/models/slow.onnx'));
  const card = {
    name: 'slow',
    task: 'regression',
    outputs: { value: 'y' },
    examples: [new Array(16).fill(1)],
  };
  writeFileSync(join(models, 'slow/model.json'), JSON.stringify(card));
  return models;
}

/** `npm run observability:try`, with a folder for temporary files of its own. */
class Try {
  stdout = '';
  stderr = '';
  readonly ended: Promise<unknown>;
  private readonly child: ChildProcess;

  constructor(args: readonly string[], env: NodeJS.ProcessEnv) {
    this.child = spawn(process.execPath, ['src/cli/observability-try.ts', ...args], {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.child.stdout?.on('data', (bytes) => {
      this.stdout += bytes;
    });
    this.child.stderr?.on('data', (bytes) => {
      this.stderr += bytes;
    });
    this.ended = once(this.child, 'close').then(([code]) => code);
  }

  says(what: string): Promise<void> {
    const said = () => expect(this.stdout + this.stderr).toContain(what);
    return vi.waitFor(said, { timeout: PATIENCE_MS, interval: 50 });
  }

  /** Nobody reads any longer what it prints. */
  closeOutput(): void {
    this.child.stdout?.destroy();
  }

  kill(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  async end(): Promise<{ code: unknown; stderr: string }> {
    return { code: await this.ended, stderr: this.stderr };
  }
}

describe('npm run observability:try', () => {
  const repository = createRepository();
  let server: NodeTarget;
  let temporary: string;
  let ports: readonly [number, number];
  let running: Try | undefined;

  const start = (args: readonly string[], env: NodeJS.ProcessEnv = {}) => {
    const [prometheus, alertmanager] = ports;
    const where = ['--prometheus-port', prometheus, '--alertmanager-port', alertmanager];
    running = new Try([...where.map(String), ...args], { TMPDIR: temporary, ...env });
    return running;
  };
  /** The processes that were started with a file of the command's folder. */
  const children = () =>
    spawnSync('pgrep', ['-f', temporary], { encoding: 'utf8' })
      .stdout.split('\n')
      .filter((pid) => pid !== '')
      .map(Number);
  const expectNothingLeft = () => {
    expect(children()).toEqual([]);
    expect(readdirSync(temporary)).toEqual([]);
  };

  beforeAll(async () => {
    server = await startNode({ MODEL_REPOSITORY: repository, METRICS_TOKEN: TOKEN });
  });
  afterAll(async () => {
    await server?.stop();
    rmSync(repository, { recursive: true });
  });
  beforeEach(async () => {
    temporary = mkdtempSync(join(tmpdir(), 'kilat-try-'));
    ports = [await freePort(), await freePort()];
  });
  afterEach(async () => {
    running?.kill('SIGTERM');
    await running?.ended;
    rmSync(temporary, { recursive: true });
  });

  it('shows the mail about an alert, keeps it, and leaves nothing else', async () => {
    const kept = mkdtempSync(join(tmpdir(), 'kilat-try-kept-'));
    const args = ['--url', server.url, '--fast', '--once', '--keep', kept];
    const trying = start(args, { METRICS_TOKEN: TOKEN });
    await trying.says(`Next, in another terminal: npm run alert:try -- --url ${server.url}`);
    expect(children()).toHaveLength(2);
    expect(trying.stdout).toContain('Shortened by --fast');
    expect(trying.stdout).toContain(`http://localhost:${ports[0]}/alerts, which scrapes`);

    const driven = ['src/cli/alert.ts', '--url', server.url, '--metrics-token', TOKEN];
    await promisify(execFile)(process.execPath, driven);
    expect(await trying.end()).toEqual(FINISHED);
    const [, mail = ''] = trying.stdout.split('---- mail ');
    expect(mail).toContain('from     kilat@example.com\nto       on-call@example.com\n');
    expect(mail).toMatch(/^time {5}20\d\d-\d\d-\d\d \d\d:\d\d:\d\d UTC$/m);
    expect(mail).toContain(
      'subject  [FIRING] Alert_Prediction_Time (warning): Predictions of slow',
    );
    expect(mail).toContain('\nFIRING: Alert_Prediction_Time (warning)\n');
    expect(mail).toContain(`Graph:      http://localhost:${ports[0]}/graph`);
    expect(mail).not.toContain('<table');
    const files = readdirSync(kept);
    expect(files).toEqual([expect.stringMatching(/-1\.eml$/)]);
    const source = await simpleParser(readFileSync(join(kept, String(files[0]))));
    expect(source.html).toContain('<table');
    expect(source.subject).toContain('Alert_Prediction_Time');
    expectNothingLeft();
    rmSync(kept, { recursive: true });
  });

  it.each(['SIGINT', 'SIGTERM'] as const)('ends well by %s', async (signal) => {
    const trying = start(['--url', server.url], { METRICS_TOKEN: TOKEN });
    await trying.says('it mails within two minutes');
    trying.kill(signal);
    expect(await trying.end()).toEqual(FINISHED);
    expectNothingLeft();
  });

  it('goes on where no server answers, or asks for a token, and says what to do', async () => {
    const nobody = `http://127.0.0.1:${await freePort()}`;
    const alone = start(['--url', nobody, '--once', '--timeout', '0.1']);
    expect(await alone.end()).toEqual({
      code: 1,
      stderr: `no server at ${nobody}: is \`npm start\` running?\n\nno mail within 0.1 s\n`,
    });
    expect(alone.stdout).toContain('This ends after the first mail, or after 0.1 s');
    const locked = start(['--url', server.url, '--once', '--timeout', '0.1']);
    expect((await locked.end()).stderr).toContain(
      '/metrics answers 401: set METRICS_TOKEN to what the server has\n',
    );
    expectNothingLeft();
  });

  it('says so when one of its programs ends, and stops the other', async () => {
    const trying = start(['--url', server.url], { METRICS_TOKEN: TOKEN });
    await trying.says('Next, in another terminal');
    const [victim] = children();
    process.kill(Number(victim), 'SIGKILL');
    expect(await trying.end()).toEqual({
      code: 1,
      stderr: expect.stringMatching(
        /\/(prometheus|\S*alertmanager) ended unexpectedly with SIGKILL/,
      ),
    });
    expectNothingLeft();
  });

  it('says what to install where a program is missing', async () => {
    const { code, stderr } = await start([], { PATH: '' }).end();
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^not found on PATH: prometheus, prometheus-alertmanager or alertmanager\. .*\n.*apt-get install --no-install-recommends prometheus prometheus-alertmanager\n.*systemctl disable --now prometheus prometheus-alertmanager\n.*brew install prometheus alertmanager\n$/,
    );
    expectNothingLeft();
  });

  it('ends with what it has started once nobody reads what it says', async () => {
    const trying = start(['--url', server.url], { METRICS_TOKEN: TOKEN });
    trying.closeOutput();
    expect(await trying.end()).toEqual({ code: 141, stderr: '' });
    expectNothingLeft();
  });

  it('says in one line which port is taken', async () => {
    const other = createServer().listen(ports[1], '127.0.0.1');
    await once(other, 'listening');
    expect(await start([]).end()).toEqual({
      code: 1,
      stderr: `port ${ports[1]} of 127.0.0.1 is taken, perhaps by Alertmanager running as a service: stop that, or name another with --alertmanager-port\n`,
    });
    other.close();
    expectNothingLeft();
  });
});
