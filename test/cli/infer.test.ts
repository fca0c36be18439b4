import { copyFileSync, cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../helpers/free-port.ts';
import { readCard, readGolden } from '../helpers/golden.ts';
import { infer, startInfer } from '../helpers/infer.ts';
import { startStandIn } from '../helpers/stand-in.ts';
import { type NodeTarget, startNode } from '../helpers/targets.ts';

const folder = mkdtempSync(join(tmpdir(), 'kilat-infer-'));
const names = readCard('diabetes').features.map(({ name }) => name);
const { rows } = readGolden('diabetes');

/** The shipped models, and one without a card. */
function createRepository(): string {
  const models = join(folder, 'models');
  cpSync('model', models, { recursive: true });
  copyFileSync('test/models/lookup.onnx', join(models, 'no-card.onnx'));
  return models;
}

/** Writes a file and gives its path. */
function write(name: string, content: string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

describe('npm run infer', () => {
  let target: NodeTarget;
  beforeAll(async () => {
    target = await startNode({ MODEL_REPOSITORY: createRepository(), LOG_PAYLOADS: 'true' });
  });
  afterAll(async () => {
    await target.stop();
    rmSync(folder, { recursive: true });
  });

  /** What a counter has come to, over all of its series that have a label. */
  const count = async (metric: string, label = ''): Promise<number> => {
    const lines = (await (await target.fetch('/metrics')).text()).split('\n');
    const series = lines.filter((line) => line.startsWith(`${metric}{`) && line.includes(label));
    return series.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
  };

  it('prints every inference time, a table and a histogram', async () => {
    const { code, stdout, stderr } = await infer('--url', target.url, '--requests', '7');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const lines = stdout.trimEnd().split('\n');
    const times = lines.filter((line) =>
      /^ *\d {2}(?:malignant|benign) [> \d.]+ % {2}inference [\d.]+ ms, latency [\d.]+ ms$/.test(
        line,
      ),
    );
    expect(times).toHaveLength(7);
    expect(stdout).toContain('breast-cancer v1: 7 requests, 0 errors');
    expect(stdout).toMatch(/│ inference +│ +7 │ +0 │( +[\d.]+ │){5}/);
    expect(stdout).toMatch(/│ latency +│.*( +[\d.]+ │){5}/);
    const bars = lines.slice(lines.indexOf('latency, ms') + 1);
    const counts = bars.map((line) =>
      Number(/^ *[\d.]+ – +[\d.]+ [█▉▊▋▌▍▎▏ ]*(\d+)$/.exec(line)?.[1]),
    );
    expect(counts.reduce((sum, one) => sum + one, 0)).toBe(7);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
  });

  it.each([
    [
      'breast-cancer',
      'predict',
      [],
      /^ {2}1 {2}malignant [> \d.]+ % {2}inference [\d.]+ ms, latency/,
    ],
    ['diabetes', 'predict', [], /^ {2}1 {2}\d+\.\d+ {2}inference/],
    ['diabetes', 'predict', ['--rows', '3'], /^ {2}1 {2}3 predictions {2}inference/],
    ['no-card', 'predict', ['--data', 'place.csv'], /^ {2}1 {2}30 {2}inference/],
    ['diabetes', 'v1', [], /^ {2}1 {2}\[\d+\.\d+\] {2}latency/],
    ['breast-cancer', 'invocations', [], /^ {2}1 {2}malignant [> \d.]+ % {2}latency/],
    ['breast-cancer', 'v2', [], /^ {2}1 {2}label 0, probabilities \[[\d.e, -]+\] {2}latency/],
    ['breast-cancer', 'v2-binary', [], /^ {2}1 {2}label 0, probabilities \[[\d.e, -]+\] {2}lat/],
    ['digits', 'v2-binary', [], /^ {2}1 {2}label \d, probabilities \[.*… {2}latency/],
    [
      'breast-cancer',
      'predict',
      ['--rate', '100'],
      /^ {2}1 {2}malig.* {2}inference [\d.]+ ms, latency [\d.]+ ms \([\d.]+ from sent\)$/,
    ],
  ])('shows what is predicted: %s by %s %j', async (model, protocol, options, line) => {
    write('place.csv', 'place\n3\n');
    const args = options.map((each) => (each.endsWith('.csv') ? join(folder, each) : each));
    const of = ['--url', target.url, '--model', model, '--protocol', protocol];
    const { stdout } = await infer(...of, '--requests', '1', ...args);
    const lines = stdout.split('\n');
    expect(lines[0]).toMatch(line);
    expect(Math.max(...lines.map((each) => each.length))).toBeLessThanOrEqual(80);
    expect(stdout.includes('│ from sent')).toBe(options.includes('--rate'));
  });

  it('shows nothing of an answer that a terminal would obey', async () => {
    const answer = { predictions: [{ label: '\u001b[2Jgone' }], time_ms: 0.5 };
    const server = await startStandIn({ answer: () => ({ body: answer }) });
    const { stdout } = await infer('--url', server.url, '--requests', '1');
    expect(stdout).toMatch(/^ {2}1 {3}\[2Jgone {2}inference 0\.500 ms, latency/);
    await server.stop();
  });

  it('sends every row of a file once, and says so when it was told to send fewer', async () => {
    const many = write('many.csv', Array.from({ length: 35 }, () => rows[0]?.join(',')).join('\n'));
    const args = ['--url', target.url, '--model', 'diabetes', '--data', many];
    const sent = await count('prediction_rows_total');
    const all = await infer(...args);
    expect(all.stdout).toContain('diabetes v1: 35 requests, 0 errors');
    expect(all.stdout).not.toContain('were sent');
    expect(await count('prediction_rows_total')).toBe(sent + 35);
    expect((await infer(...args, '--rows', '10')).stdout).toContain('diabetes v1: 4 requests');
    expect(await count('prediction_rows_total')).toBe(sent + 2 * 35);
    expect((await infer(...args, '--rows', '50')).stdout).toContain('diabetes v1: 1 request,');
    expect(await count('prediction_rows_total')).toBe(sent + 3 * 35);
    const some = await infer(...args, '--requests', '3', '--rows', '10');
    expect(some.stdout).toMatch(/^diabetes v1: 3 requests.*\n30 of 35 rows were sent\n/m);
  });

  it('prints the same as JSON, with every time', async () => {
    const args = ['--url', target.url, '--model', 'digits', '--requests', '150', '--json'];
    const { stdout } = await infer(...args, '--concurrency', '4');
    const report = JSON.parse(stdout);
    expect(report).toEqual({
      model: 'digits',
      version: '1',
      protocol: 'predict',
      count: 150,
      errors: 0,
      under_way: 0,
      first_error: null,
      errors_by_code: {},
      seconds: expect.any(Number),
      offered_rate: null,
      rows_per_second: 150 / report.seconds,
      inference_ms: expect.objectContaining({ max: Math.max(...report.times_ms) }),
      latency_ms: report.round_trip_ms,
      round_trip_ms: expect.objectContaining({ p99: expect.any(Number) }),
      histogram_ms: expect.any(Array),
      times_ms: expect.any(Array),
    });
    expect(report.times_ms).toHaveLength(150);
    const counts: number[] = report.histogram_ms.map((bucket: { count: number }) => bucket.count);
    expect(counts.reduce((sum, one) => sum + one, 0)).toBe(150);
  });

  it.each([
    ['predict', 'predict'],
    ['v2', 'v2'],
    ['v2-binary', 'v2'],
    ['v1', 'v1'],
    ['invocations', 'mlflow'],
  ])(
    'sends several rows in a request and gets a prediction for each: %s',
    async (protocol, label) => {
      const rowsBefore = await count('prediction_rows_total');
      const requestsBefore = await count('prediction_requests_total', `protocol="${label}"`);
      const args = ['--url', target.url, '--protocol', protocol, '--requests', '4', '--rows', '3'];
      const { code, stdout, stderr } = await infer(...args);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(await count('prediction_rows_total')).toBe(rowsBefore + 12);
      expect(await count('prediction_requests_total', `protocol="${label}"`)).toBe(
        requestsBefore + 4,
      );
      expect(stdout).toMatch(/^breast-cancer v1: 4 requests, 0 errors, \d+ rows\/s /m);
      expect(stdout).toContain(`(${protocol})`);
      expect(stdout.includes('│ inference')).toBe(protocol === 'predict');
      expect(stdout.includes(`${protocol} does not tell inference times`)).toBe(
        protocol !== 'predict',
      );
    },
  );

  it.each([
    ['CSV', 'rows.csv', [names, ...rows].map((row) => row.join(',')).join('\n')],
    ['CSV without a header', 'bare.csv', rows.map((row) => row.join(',')).join('\n')],
    ['JSON', 'rows.json', JSON.stringify(rows)],
    ['a request', 'request.json', JSON.stringify({ instances: rows })],
    ['lines of JSON', 'rows.ndjson', rows.map((row) => JSON.stringify(row)).join('\n')],
    ['JSON on stdin', '-', JSON.stringify(rows)],
    ['CSV on stdin', '-', [names, ...rows].map((row) => row.join(';')).join('\n')],
  ])('sends the rows of %s, in their order and from the first again', async (_, name, content) => {
    const data = name === '-' ? name : write(name, content);
    const args = ['--url', target.url, '--model', 'diabetes', '--data', data, '--requests', '2'];
    const size = rows.length - 1;
    const before = target.logs().length;
    const { ended } = startInfer([...args, '--rows', String(size), '--json'], { stdin: content });
    const { code, stdout } = await ended;
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ model: 'diabetes', count: 2, errors: 0 });
    const sent = () => {
      const lines = target.logs().slice(before);
      // The log has the first 4 KiB of each.
      return lines.flatMap(({ payload }) => (payload ? String(payload).slice(0, 4000) : []));
    };
    const expected = [rows.slice(0, size), [...rows.slice(size), ...rows]].map((instances) =>
      JSON.stringify({ instances }).slice(0, 4000),
    );
    await expect.poll(sent).toEqual(expected);
  });

  it.each([
    [
      'rows.csv',
      `${names.join(',')}\n1,2,3,4,5,6,7,8,9,10\n1,2,3,4,5,6,7,8,9,x`,
      /rows\.csv, row 2, feature 's6': expected a number, got the string "x"\n$/,
    ],
    [
      'short.json',
      '[[1,2,3,4,5,6,7,8,9,10],[1,2]]',
      /short\.json: input 'features': expected 10 features per row, row 2 has 2\n$/,
    ],
    ['named.json', '[{"age": 1}]', /named\.json, row 1: missing feature 'sex'\n$/],
    ['empty.csv', '', /empty\.csv has no rows\n$/],
  ])('names a row of %s that is wrong, and sends nothing', async (name, content, message) => {
    const before = await count('prediction_requests_total');
    const data = write(name, content);
    const { code, stdout, stderr } = await infer(
      '--url',
      target.url,
      '--model',
      'diabetes',
      '--data',
      data,
    );
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(message);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(await count('prediction_requests_total')).toBe(before);
  });

  it('asks a model without a card for the rows of a file', async () => {
    const data = write('places.csv', 'place\n3\n4\n');
    const model = ['--url', target.url, '--model', 'no-card', '--requests', '2'];
    const { code, stdout } = await infer(...model, '--data', data, '--protocol', 'v2-binary');
    expect(code).toBe(0);
    expect(stdout).toContain('no-card v1: 2 requests, 0 errors');
    expect(await infer(...model)).toEqual({
      code: 1,
      stdout: '',
      stderr: `model 'no-card' has no examples to send: give rows with --data, or its card "examples"\n`,
    });
  });

  it('carries the token that the server has, and says once that it wants one', async () => {
    const API_TOKEN = 'new,old';
    const closed = await startNode({ API_TOKEN });
    const args = ['--url', closed.url, '--requests', '40', '--concurrency', '4'];
    const withToken = (token: string) => startInfer(args, { env: { API_TOKEN: token } }).ended;
    expect((await withToken(API_TOKEN)).stdout).toContain('40 requests, 0 errors');
    expect((await withToken(',old')).stdout).toContain('40 requests, 0 errors');
    expect(await withToken('')).toEqual({
      code: 1,
      stdout: '',
      stderr: 'unauthorized: the server wants a token for predictions: set API_TOKEN to it\n',
    });
    expect(await withToken('older')).toEqual({
      code: 1,
      stdout: '',
      stderr: 'unauthorized: the server wants another token for predictions than API_TOKEN has\n',
    });
    await closed.stop();
  });

  it('takes an address without a scheme', async () => {
    const { code } = await infer('--url', new URL(target.url).host, '--requests', '1');
    expect(code).toBe(0);
  });

  it('says in one line what is wrong', async () => {
    const nobody = `http://127.0.0.1:${await freePort()}`;
    expect(await infer('--url', nobody)).toEqual({
      code: 1,
      stdout: '',
      stderr: `no server at ${nobody}: is \`npm start\` running?\n`,
    });
    // No name ends so (RFC 6761).
    expect((await infer('--url', 'kilat.invalid')).stderr).toBe(
      "cannot find the host 'kilat.invalid': is its name right?\n",
    );
    expect((await infer('--url', 'http://')).stderr).toContain('expected a URL');
    const at = ['--url', target.url];
    expect((await infer(...at, '--model', 'iris')).stderr).toBe(
      "model_not_found: Request for unknown model: 'iris' is not found; the server has breast-cancer, diabetes, digits, no-card\n",
    );
    expect((await infer(...at, '--model', 'digits', '--protocol', 'invocations')).stderr).toBe(
      "--protocol invocations asks the server's default model alone, 'breast-cancer': start the server with DEFAULT_MODEL=digits, or take another protocol\n",
    );
    expect((await infer(...at, '--data', 'nowhere.csv')).stderr).toBe(
      'cannot read nowhere.csv: ENOENT\n',
    );
    expect((await infer('--requests', 'many')).stderr).toBe(
      "error: option '--requests <n>' argument 'many' is invalid. expected a whole number above 0\n",
    );
  });
});
