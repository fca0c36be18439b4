import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { vi } from 'vitest';
import { freePort } from '../helpers/free-port.ts';

/** What stands for a value in alertmanager.yml, as observability/.env.example has it. */
export type MailSettings = Readonly<
  Record<'ALERT_EMAIL_ADDRESSES' | 'SMTP_SMARTHOST' | 'SMTP_FROM', string>
> &
  Readonly<Record<string, string>>;

/**
 * Puts values into the generated configuration by the script that observability/compose.yaml starts Alertmanager with.
 *
 * @returns the folder that the result is in
 */
export function configureAlertmanager(settings: MailSettings): string {
  const folder = mkdtempSync(join(tmpdir(), 'kilat-alertmanager-'));
  const script = 'observability/alertmanager/start.sh';
  const env = { PATH: process.env.PATH, ...settings };
  execFileSync('sh', [script, 'observability/alertmanager', folder, 'true'], { env });
  return folder;
}

/** A real Alertmanager, with the generated configuration: it only waits a second where it would wait longer. */
export class Alertmanager {
  /** host:port */
  readonly address: string;
  private readonly stopProcess: () => Promise<void>;

  private constructor(address: string, stopProcess: () => Promise<void>) {
    this.address = address;
    this.stopProcess = stopProcess;
  }

  static async start(settings: MailSettings): Promise<Alertmanager> {
    const folder = configureAlertmanager(settings);
    const config = join(folder, 'alertmanager.yml');
    const patient = readFileSync(config, 'utf8');
    writeFileSync(config, patient.replaceAll(/(group_wait|group_interval): \w+/g, '$1: 1s'));
    const address = `127.0.0.1:${await freePort()}`;
    const child = spawn(
      'prometheus-alertmanager',
      [
        `--config.file=${config}`,
        `--storage.path=${join(folder, 'data')}`,
        `--web.listen-address=${address}`,
        // One alone talks to no others.
        '--cluster.listen-address=',
        '--log.level=error',
      ],
      { stdio: ['ignore', 'inherit', 'inherit'] },
    );
    const exited = once(child, 'exit');
    const alertmanager = new Alertmanager(address, async () => {
      child.kill('SIGKILL');
      await exited;
    });
    await vi.waitFor(async () => {
      const ready = await fetch(`http://${address}/-/ready`);
      if (!ready.ok) throw new Error('not ready');
    }, 30_000);
    return alertmanager;
  }

  stop(): Promise<void> {
    return this.stopProcess();
  }
}
