import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  configureAlertmanager,
  type MailSettings,
} from '../../observability/source/local/configure-alertmanager.ts';
import type { Program } from '../../observability/source/local/program.ts';
import { startAlertmanager } from '../../observability/source/local/programs.ts';
import { freePort } from '../helpers/free-port.ts';

/** A real Alertmanager, with the generated configuration: it only waits a second where it would wait longer. */
export class Alertmanager {
  /** host:port */
  readonly address: string;
  private readonly program: Program;

  private constructor(address: string, program: Program) {
    this.address = address;
    this.program = program;
  }

  static async start(settings: MailSettings): Promise<Alertmanager> {
    const folder = mkdtempSync(join(tmpdir(), 'kilat-alertmanager-'));
    const port = await freePort();
    const program = startAlertmanager({
      command: 'prometheus-alertmanager',
      config: configureAlertmanager(folder, settings, '1s'),
      data: join(folder, 'data'),
      port,
    });
    await program.answers();
    return new Alertmanager(`127.0.0.1:${port}`, program);
  }

  stop(): Promise<void> {
    return this.program.stop();
  }
}
