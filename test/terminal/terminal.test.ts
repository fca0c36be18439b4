import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import { post } from '../helpers/golden.ts';
import { repositoryOnDisk } from '../helpers/store.ts';
import { type Settings, startNode } from '../helpers/targets.ts';
import { runOnTerminal, type Screen, startOnTerminal } from '../helpers/terminal.ts';

const COLUMNS = 80;
const TIME = '\\d\\d:\\d\\d:\\d\\d';

/** Everything of a start up to what says that requests follow. */
function startOf(screen: Screen): string[] {
  const lines = screen.lines();
  return lines.slice(0, lines.findIndex((line) => line.includes('Ctrl+C')) + 1);
}

function widest(lines: readonly string[]): number {
  return Math.max(...lines.map(({ length }) => length));
}

describe('npm start on a terminal', () => {
  const running: Screen[] = [];
  afterEach(async () => {
    await Promise.all(running.splice(0).map((screen) => screen.close()));
  });

  /** A server that has told a person where it is. */
  async function start(settings: Settings = {}): Promise<{ screen: Screen; url: string }> {
    const screen = startOnTerminal(settings);
    running.push(screen);
    await screen.line(/Ctrl\+C/);
    const [, url = ''] = /HTTP +(\S+)/.exec(await screen.line(/HTTP/)) ?? [];
    return { screen, url };
  }

  it('shows what is served where, the models, what is on and off, and what to try', async () => {
    const { screen, url } = await start();
    const lines = startOf(screen);
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect(lines[0]).toMatch(/^Kilat \d+\.\d+\.\d+ loads the models of \.\/model$/);
    const text = lines.join('\n');
    expect(text).toContain(`metrics  ${url}/metrics`);
    expect(text).toMatch(/\n {2}model +version {2}state +task +size +load\n/);
    expect(text).toMatch(/\n {2}breast-cancer +1 {2}ready {2}classification +1\.0 kB +\d+ ms\n/);
    expect(text).toMatch(/\n {2}diabetes +1 {2}ready {2}regression +699 B +\d+ ms\n/);
    expect(text).toMatch(/\n {2}digits +1 {2}ready {2}classification +21\.0 kB +\d+ ms\n/);
    expect(text).toMatch(/\n {2}on +engine wasm, \d+ threads? for each slow model/);
    for (const setting of ['API_TOKEN', 'METRICS_TOKEN', 'ADMIN_TOKEN', 'REMOTE_WRITE_URL']) {
      expect(text.slice(text.indexOf('\n  off'))).toContain(`(${setting})`);
    }
    expect(lines.length).toBeLessThanOrEqual(24);
    expect(widest(lines)).toBeLessThanOrEqual(COLUMNS);
    // Nothing of the log is before it.
    expect(text).not.toMatch(/model ready|listening|"level"/);
  });

  it('suggests commands that work', async () => {
    const { screen } = await start();
    const lines = startOf(screen).map((line) => line.slice(2));
    const first = lines.findIndex((line) => line.startsWith('try'));
    const [infer = '', ...curl] = lines.slice(first, lines.indexOf('', first)).map((line) => {
      return line.slice('metrics  '.length);
    });
    const run = promisify(execFile);
    const asked = await run('sh', ['-c', curl.join('\n')]);
    expect(JSON.parse(asked.stdout)).toMatchObject({
      predictions: [{ value: expect.any(Number) }],
    });
    const inferred = await run('sh', ['-c', infer]);
    expect(inferred.stdout).toContain('breast-cancer v1: 20 requests, 0 errors');
  });

  it('shows requests in lines for a person, with the code of an error, and ends with Ctrl+C', async () => {
    const { screen, url } = await start();
    await fetch(`${url}/healthz`);
    await fetch(`${url}/models/digits/predict`, post({ instances: [[1]] }));
    await fetch(`${url}/nowhere`);
    await screen.line(/not_found/);
    const ms = ' +\\d+\\.\\d ms';
    expect(await screen.line(/healthz/)).toMatch(
      new RegExp(`^${TIME} {2}200 {2}GET {2}${ms} {2}/healthz$`),
    );
    expect(await screen.line(/bad_shape/)).toMatch(
      new RegExp(
        `^${TIME} {2}400 {2}POST ${ms} {2}/models/:name/predict {2}bad_shape {2}digits v1$`,
      ),
    );
    expect(await screen.line(/not_found/)).toMatch(
      new RegExp(`^${TIME} {2}404 {2}GET {2}${ms} {2}\\(no such endpoint\\) {2}not_found$`),
    );
    screen.interrupt();
    expect(await screen.exited).toBe(0);
    expect(
      screen
        .lines()
        .filter((line) => line !== '')
        .at(-1),
    ).toMatch(new RegExp(`^${TIME} {2}stopped$`));
  });

  it('is in colour, unless NO_COLOR is set', async () => {
    const sequence = '\x1b';
    const [coloured, plain] = [await start(), await start({ NO_COLOR: '1' })];
    expect(coloured.screen.raw()).toContain(`${sequence}[1mKilat`);
    await fetch(`${plain.url}/nowhere`);
    await plain.screen.line(/not_found/);
    expect(plain.screen.raw()).not.toContain(sequence);
  });

  it('tells that there are tokens and where metrics go, and no secret', async () => {
    const secrets = [
      'first-secret',
      'second-secret',
      'third-secret',
      'fourth-secret',
      'fifth-secret',
    ];
    const [predictions = '', metrics = '', admin = '', query = '', password = ''] = secrets;
    const { screen } = await start({
      API_TOKEN: predictions,
      METRICS_TOKEN: metrics,
      ADMIN_TOKEN: admin,
      // Nobody listens there.
      REMOTE_WRITE_URL: `http://127.0.0.1:9/push?token=${query}`,
      REMOTE_WRITE_USERNAME: 'kilat',
      REMOTE_WRITE_PASSWORD: password,
      MODEL_POLL_SECONDS: '5',
      GRPC_PORT: '0',
    });
    const lines = startOf(screen);
    const text = lines.join('\n').replaceAll(/\s+/g, ' ');
    const on = text.slice(text.indexOf(' on '), text.indexOf(' try '));
    expect(on).not.toContain(' off ');
    for (const thing of [
      'token for predictions',
      'token for metrics',
      'loading by request',
      'remote write to 127.0.0.1:9 every 15 s',
      'looking for changed models every 5 s',
      'gRPC',
    ]) {
      expect(on).toContain(thing);
    }
    expect(text).toMatch(/ gRPC 127\.0\.0\.1:\d+ /);
    expect(text).toContain('-H "authorization: Bearer $API_TOKEN"');
    for (const secret of secrets) expect(screen.raw()).not.toContain(secret);
    expect(widest(lines)).toBeLessThanOrEqual(COLUMNS);
  });

  it('shows why a model cannot be served, on one line, and what to run', async () => {
    const root = repositoryOnDisk('lookup', 'unknown-operator');
    const { screen } = await start({ MODEL_REPOSITORY: root });
    const lines = startOf(screen);
    const row = lines.findIndex((line) => /^ {2}unknown-operator +1 {2}failed$/.test(line));
    expect(lines[row + 1]).toMatch(
      /^ {4}ONNX Runtime cannot load the graph: No Op registered for Transmogrify.*…$/,
    );
    expect(lines.find((line) => /^ {2}lookup/.test(line))).toMatch(/ready +no card/);
    expect(lines).toContain(
      `  1 of 2 cannot be served; the whole reason: npm run models:check -- ${root}`,
    );
    expect(screen.lines().filter((line) => line.includes('unknown-operator'))).toHaveLength(1);
    expect(widest(lines.filter((line) => !line.includes(root)))).toBeLessThanOrEqual(COLUMNS);
  });

  it('shows nothing that a terminal would obey, whatever a file is about', async () => {
    const root = mkdtempSync(join(tmpdir(), 'kilat-terminal-'));
    mkdirSync(join(root, 'sly/1'), { recursive: true });
    writeFileSync(join(root, 'sly/1/model.onnx'), '');
    const outputs = { value: '\x1b[2J\x07y' };
    const card = { name: 'sly\x1b]0;owned\x07', task: 'regression', outputs };
    writeFileSync(join(root, 'sly/model.json'), JSON.stringify(card));
    const { screen } = await start({ MODEL_REPOSITORY: root, NO_COLOR: '1' });
    expect(await screen.line(/the card is of 'sly/)).toContain("'sly ]0;owned '");
    for (const control of ['\x1b', '\x07']) expect(screen.raw()).not.toContain(control);
  });

  it.each<[string, Settings, RegExp]>([
    ['settings are wrong', { PORT: 'x' }, /^wrong settings:$/],
    ['there are no models', { MODEL_REPOSITORY: 'docs' }, /^no models in docs: put one at <name>/],
  ])('says in a line what to do when %s, and no stack', async (_, settings, message) => {
    const screen = startOnTerminal(settings);
    running.push(screen);
    expect(await screen.exited).toBe(1);
    expect(await screen.line(message)).not.toBe('');
    expect(screen.raw()).not.toMatch(/\n +at /);
  });

  it('says so when the port is taken', async () => {
    const server = await startNode();
    try {
      const { port } = new URL(server.url);
      const screen = startOnTerminal({ PORT: port });
      running.push(screen);
      expect(await screen.exited).toBe(1);
      expect(
        screen
          .lines()
          .filter((line) => line !== '')
          .at(-1),
      ).toBe(`cannot listen on 127.0.0.1:${port}: the port is in use; set PORT to another`);
    } finally {
      await server.stop();
    }
  });

  it('gives JSON to what it is piped to', async () => {
    const screen = runOnTerminal(`${process.execPath} src/node.ts | cat`, { PORT: '0' });
    running.push(screen);
    const line = JSON.parse(await screen.line(/"listening"/));
    await fetch(`${line.url}/healthz`);
    await screen.line(/"request"/);
    const lines = screen.lines().filter((each) => each !== '');
    expect(lines.map((each) => JSON.parse(each).msg)).toEqual([
      ...new Array(3).fill('model ready'),
      'listening',
      'request',
    ]);
    screen.interrupt();
    await screen.exited;
  });
});
