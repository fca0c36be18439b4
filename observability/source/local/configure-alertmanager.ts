import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const SHIPPED = resolve(import.meta.dirname, '../../alertmanager');

/** What stands for a value in alertmanager.yml, as observability/.env.example has it. */
export type MailSettings = Readonly<
  Record<'ALERT_EMAIL_ADDRESSES' | 'SMTP_SMARTHOST' | 'SMTP_FROM', string>
> &
  Readonly<Record<string, string>>;

/**
 * Puts values into the generated configuration by the script that observability/compose.yaml starts Alertmanager with.
 *
 * @param folder where the result goes
 * @param wait how long Alertmanager waits for more to say before it mails, where that is not to be as it is: `1s`
 * @returns the path of the configuration
 */
export function configureAlertmanager(
  folder: string,
  settings: MailSettings,
  wait?: string,
): string {
  const env = { PATH: process.env.PATH, ...settings };
  execFileSync('sh', [join(SHIPPED, 'start.sh'), SHIPPED, folder, 'true'], { env });
  const path = join(folder, 'alertmanager.yml');
  if (wait !== undefined) {
    const patient = readFileSync(path, 'utf8');
    writeFileSync(path, patient.replaceAll(/(group_wait|group_interval): \w+/g, `$1: ${wait}`));
  }
  return path;
}
