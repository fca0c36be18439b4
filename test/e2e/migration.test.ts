import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { freePort } from '../helpers/free-port.ts';

const text = readFileSync('docs/migrate-from-flask.md', 'utf8');
const commands = [
  ...text.matchAll(/<!-- run by: test\/e2e\/migration\.test\.ts -->\n```sh\n(.*?)```/gs),
].map(([, command]) => command ?? '');
const programs = [...text.matchAll(/<!-- file: (\S+) -->\n```python\n(.*?)```/gs)];

/** Everything of the page that migrates from Flask, with the real Flask, in the page's own order. */
describe('the way from Flask', () => {
  const [settings = '', install, exportModel, check, flask, kilat, compare] = commands;
  const servers: ChildProcess[] = [];
  let folder: string;
  let env: Record<string, string | undefined> = process.env;

  /** Runs a command of the page to its end. */
  const run = (command = '', cwd = folder) =>
    execFileSync('sh', ['-euc', command], { cwd, env, encoding: 'utf8', timeout: 500_000 });
  /** Starts a server of the page, as the process itself and not as a child of a shell. */
  const start = (command = '', cwd = folder) => {
    const words = command.trim().replace(/^(\w+=\S+ )*/, (set) => `${set}exec `);
    servers.push(spawn('sh', ['-ec', words], { cwd, env, stdio: 'ignore', detached: true }));
  };
  const ask = async (port: string | undefined, path: string, init?: RequestInit) =>
    fetch(`http://localhost:${port}${path}`, init);
  const counted = async (port: string | undefined) => {
    const metrics = await (await ask(port, '/metrics')).text();
    return /^prediction_time_seconds_count(?:\{.*\})? (\S+)$/m.exec(metrics)?.[1];
  };

  /** The environment after the page's own exports, with free ports in the place of those that it names. */
  const readSettings = async () => {
    const ports = [await freePort(), await freePort()];
    const exported = settings.replaceAll(/(?<==)\d+/g, () => String(ports.shift()));
    return JSON.parse(run(`${exported}\n'${process.execPath}' -p 'JSON.stringify(process.env)'`));
  };

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'kilat-migration-'));
    for (const [, name = '', code = ''] of programs) writeFileSync(join(folder, name), code);
    env = await readSettings();
    run(install);
  }, 500_000);
  afterAll(async () => {
    for (const { pid } of servers) if (pid !== undefined) process.kill(-pid, 'SIGTERM');
    await Promise.all(servers.map((server) => server.exitCode ?? once(server, 'exit')));
    rmSync(folder, { recursive: true });
  });

  it('has no other commands', () => {
    expect(text.match(/^```sh$/gm)).toHaveLength(commands.length);
    expect(commands).toHaveLength(7);
  });

  it('exports a model that Kilat serves', () => {
    run(exportModel);
    expect(run(check, process.cwd())).toContain('all can be served');
  });

  it('has both answer the same for every row, and count it', async () => {
    start(flask);
    start(kilat, process.cwd());
    const isUp = async (port: string | undefined) =>
      expect((await ask(port, '/metrics')).ok).toBe(true);
    await vi.waitFor(() => isUp(env.FLASK_PORT), 60_000);
    await vi.waitFor(() => isUp(env.KILAT_PORT), 60_000);
    expect(run(compare)).toMatch(
      /^569 rows: 0 with another label, probabilities differ by \S+e-0[7-9] /,
    );
    expect(await counted(env.FLASK_PORT)).toBe('1.0');
    expect(await counted(env.KILAT_PORT)).toBe('1');
  });

  it('refuses what Flask fails on, in words', async () => {
    const init = {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ instances: [[1, 2]] }),
    };
    expect((await ask(env.FLASK_PORT, '/predict', init)).status).toBe(500);
    const answer = await ask(env.KILAT_PORT, '/predict', init);
    expect([answer.status, await answer.json()]).toEqual([
      400,
      { code: 'bad_shape', error: expect.stringContaining('expected 30 features per row') },
    ]);
  });
});
