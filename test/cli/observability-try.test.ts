import { execFile } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { tryScrape } from '../../src/cli/try-scrape.ts';
import { freePort } from '../helpers/free-port.ts';

/** What the command says where it starts nothing at all. */
function start(args: readonly string[], settings: Readonly<Record<string, string>> = {}) {
  const env = { ...process.env, PATH: '', ...settings };
  return new Promise((resolve) => {
    const command = ['src/cli/observability-try.ts', ...args];
    execFile(process.execPath, command, { env }, (error, stdout, stderr) =>
      resolve({ code: error?.code ?? 0, stdout, stderr }),
    );
  });
}

describe('npm run observability:try', () => {
  it('says in one line what cannot be, before it looks for any program', async () => {
    const ports = ['--prometheus-port', '9999', '--alertmanager-port', '9999'];
    expect(await start(ports)).toEqual({
      code: 1,
      stdout: '',
      stderr:
        'Prometheus and Alertmanager cannot both have port 9999: name another with --alertmanager-port\n',
    });
    for (const METRICS_TOKEN of ['€', 'a\nb']) {
      expect(await start([], { METRICS_TOKEN })).toEqual({
        code: 1,
        stdout: '',
        stderr: 'METRICS_TOKEN is no token: expected letters, digits and . _ ~ + / - alone\n',
      });
    }
  });
});

describe('a first look at what will be scraped', () => {
  it('says what is wrong, and what to do', async () => {
    let status = 200;
    const server = createServer((_, answer) => answer.writeHead(status).end());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const host = `127.0.0.1:${port}`;
    expect(await tryScrape(`http://${host}/`, 'token')).toBeUndefined();
    for (status of [401, 403]) {
      expect(await tryScrape(`http://${host}/`, undefined)).toBe(
        `http://${host}/metrics answers ${status}: set METRICS_TOKEN to what the server has`,
      );
    }
    expect(await tryScrape(`https://${host}/`, undefined)).toBe(
      `cannot ask https://${host}: it does not speak TLS: is it http://${host}?`,
    );
    server.close();
    const nobody = `http://127.0.0.1:${await freePort()}`;
    expect(await tryScrape(`${nobody}/`, undefined)).toBe(
      `no server at ${nobody}: is \`npm start\` running?`,
    );
  });
});
