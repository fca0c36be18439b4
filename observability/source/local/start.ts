import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { configureAlertmanager, type MailSettings } from './configure-alertmanager.ts';
import { configurePrometheus, hurryRules } from './configure-prometheus.ts';
import type { Program } from './program.ts';
import { type Commands, startAlertmanager, startPrometheus } from './programs.ts';

interface Watchers {
  readonly commands: Commands;
  /** The server's address, with a slash at its end. */
  readonly server: string;
  /** What its /metrics asks for. */
  readonly token: string | undefined;
  readonly mail: MailSettings;
  readonly prometheusPort: number;
  readonly alertmanagerPort: number;
  /** Between scrapes, between looks at the rules, and before a mail, where that is not to be as it is: `1s`. */
  readonly interval: string | undefined;
}

/** Starts a Prometheus that scrapes a server, and the Alertmanager that it tells, with all that they write in a folder. */
export function startWatchers(folder: string, watchers: Watchers): Program[] {
  const { commands, server, token, mail, prometheusPort, alertmanagerPort, interval } = watchers;
  const rules = interval === undefined ? undefined : join(folder, 'rules');
  if (interval !== undefined && rules !== undefined) {
    mkdirSync(rules);
    hurryRules(rules, interval);
  }
  const alertmanager = {
    command: commands.alertmanager,
    config: configureAlertmanager(folder, mail, interval),
    data: join(folder, 'alertmanager'),
    port: alertmanagerPort,
  };
  const prometheus = {
    command: commands.prometheus,
    config: configurePrometheus(folder, {
      server,
      alertmanager: `127.0.0.1:${alertmanagerPort}`,
      token,
      interval,
      rules,
    }),
    data: join(folder, 'prometheus'),
    port: prometheusPort,
  };
  return [startPrometheus(prometheus), startAlertmanager(alertmanager)];
}
