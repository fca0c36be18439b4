import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { vi } from 'vitest';
import { freePort } from '../helpers/free-port.ts';

const PASSWORD = 'only-for-this-test';

/** A Grafana that somebody else runs with the files of observability/grafana, with credentials in its URL. */
const GIVEN_URL = process.env.GRAFANA_URL;

/** Where an installed Grafana has its own files; packages put them there. */
const HOME = process.env.GRAFANA_HOME ?? '/usr/share/grafana';

/** Whether there is a Grafana to ask, or one to start. */
export const HAS_GRAFANA = GIVEN_URL !== undefined || spawnSync('which', ['grafana']).status === 0;

/** A Grafana that has been provisioned with observability/grafana/provisioning. */
export class Grafana {
  /** Whether it was started here, so that what it sees is known. */
  readonly isOwn: boolean;
  private readonly url: URL;
  private readonly headers: Record<string, string>;
  private readonly stopProcess: () => Promise<void>;

  private constructor(url: URL, isOwn: boolean, stopProcess: () => Promise<void>) {
    const { username, password } = url;
    const credentials = Buffer.from(`${username}:${decodeURIComponent(password)}`);
    this.headers = { Authorization: `Basic ${credentials.toString('base64')}` };
    this.url = new URL('/', `${url.protocol}//${url.host}`);
    this.isOwn = isOwn;
    this.stopProcess = stopProcess;
  }

  /** @param prometheusUrl what its data source asks, when it is started here */
  static async start(prometheusUrl: string): Promise<Grafana> {
    if (GIVEN_URL) return new Grafana(new URL(GIVEN_URL), false, async () => {});
    const folder = mkdtempSync(join(tmpdir(), 'kilat-grafana-'));
    const port = await freePort();
    const child = spawn('grafana', ['server', '--homepath', HOME], {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: {
        PATH: process.env.PATH,
        PROMETHEUS_URL: prometheusUrl,
        ALERT_EMAIL_ADDRESSES: 'on-call@example.com',
        GF_PATHS_PROVISIONING: resolve('observability/grafana/provisioning'),
        GF_PATHS_DATA: join(folder, 'data'),
        GF_PATHS_LOGS: join(folder, 'logs'),
        GF_PATHS_PLUGINS: join(folder, 'plugins'),
        GF_SERVER_HTTP_ADDR: '127.0.0.1',
        GF_SERVER_HTTP_PORT: String(port),
        GF_SECURITY_ADMIN_PASSWORD: PASSWORD,
        GF_ANALYTICS_REPORTING_ENABLED: 'false',
        GF_ANALYTICS_CHECK_FOR_UPDATES: 'false',
        GF_ANALYTICS_CHECK_FOR_PLUGIN_UPDATES: 'false',
        GF_PLUGINS_PREINSTALL_DISABLED: 'true',
      },
    });
    const exited = once(child, 'exit');
    const grafana = new Grafana(
      new URL(`http://admin:${PASSWORD}@127.0.0.1:${port}`),
      true,
      async () => {
        child.kill('SIGKILL');
        await exited;
      },
    );
    await vi.waitFor(() => grafana.get('/api/health'), { timeout: 60_000, interval: 500 });
    return grafana;
  }

  /** @throws Error for any answer but 2xx, with what it said */
  async get(path: string): Promise<unknown> {
    const answer = await fetch(new URL(path, this.url), { headers: this.headers });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return answer.json();
  }

  stop(): Promise<void> {
    return this.stopProcess();
  }
}
