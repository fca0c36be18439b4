import { execFile } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type NodeTarget, startNode } from '../helpers/targets.ts';

/** Runs the client as `npm run infer` does. */
function infer(...args: string[]) {
  return inferWith({}, ...args);
}

function inferWith(
  env: Readonly<Record<string, string>>,
  ...args: string[]
): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    const options = { env: { ...process.env, ...env } };
    execFile(process.execPath, ['src/cli/infer.ts', ...args], options, (error, stdout, stderr) => {
      resolve({ code: Number(error?.code ?? 0), stdout, stderr });
    });
  });
}

describe('npm run infer', () => {
  let target: NodeTarget;
  beforeAll(async () => {
    target = await startNode();
  });
  afterAll(() => target.stop());

  it('prints every inference time and a table', async () => {
    const { code, stdout } = await infer('--url', target.url, '--requests', '7');
    expect(code).toBe(0);
    const lines = stdout.split('\n');
    const times = lines.filter((line) => /^ *\d+ {2}inference [\d.]+ ms, round trip/.test(line));
    expect(times).toHaveLength(7);
    expect(stdout).toContain('breast-cancer v1: 7 requests, 0 errors');
    expect(stdout).toMatch(/│ inference +│ +[\d.]+ │/);
    expect(stdout).toMatch(/│ round trip +│ +[\d.]+ │/);
  });

  it('carries the token that the server has', async () => {
    const API_TOKEN = 'new,old';
    const closed = await startNode({ API_TOKEN });
    const args = ['--url', closed.url, '--requests', '2'];
    expect((await inferWith({ API_TOKEN }, ...args)).stdout).toContain('2 requests, 0 errors');
    expect((await infer(...args)).stdout).toContain('unauthorized');
    await closed.stop();
  });

  it('takes an address without a scheme', async () => {
    const { code } = await infer('--url', new URL(target.url).host, '--requests', '1');
    expect(code).toBe(0);
  });

  it('prints the same as JSON, with every time', async () => {
    const args = ['--url', target.url, '--model', 'digits', '--requests', '150', '--json'];
    const { stdout } = await infer(...args, '--concurrency', '4');
    const report = JSON.parse(stdout);
    expect(report).toMatchObject({ model: 'digits', version: '1', count: 150, errors: 0 });
    expect(report.times_ms).toHaveLength(150);
    expect(report.inference_ms.max).toBe(Math.max(...report.times_ms));
  });

  it('says in one line what is wrong', async () => {
    expect(await infer('--url', 'http://127.0.0.1:1')).toEqual({
      code: 1,
      stdout: '',
      stderr: 'no server at http://127.0.0.1:1: is `npm start` running?\n',
    });
    expect((await infer('--url', 'http://')).stderr).toContain('expected a URL');
    expect((await infer('--url', target.url, '--model', 'iris')).stderr).toBe(
      "model_not_found: Request for unknown model: 'iris' is not found\n",
    );
    expect((await infer('--requests', 'many')).stderr).toBe(
      "error: option '--requests <n>' argument 'many' is invalid. expected a whole number above 0\n",
    );
  });
});
