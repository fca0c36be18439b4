import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { Program } from './program.ts';

/** How each may be called: Debian has another name for Alertmanager. */
const NAMES = {
  prometheus: ['prometheus'],
  alertmanager: ['prometheus-alertmanager', 'alertmanager'],
} as const;

type Name = keyof typeof NAMES;

/** The path of each. */
export type Commands = Readonly<Record<Name, string>>;

/**
 * Finds programs on PATH.
 *
 * @throws Error that says what to install where any of them is missing
 */
export function findPrograms(): Commands {
  const prometheus = find('prometheus');
  const alertmanager = find('alertmanager');
  if (prometheus !== undefined && alertmanager !== undefined) return { prometheus, alertmanager };
  const missing = [
    ...(prometheus === undefined ? ['prometheus'] : []),
    ...(alertmanager === undefined ? [NAMES.alertmanager.join(' or ')] : []),
  ];
  throw new Error(`not found on PATH: ${missing.join(', ')}. To install them:
  Debian, Ubuntu: apt-get install --no-install-recommends prometheus prometheus-alertmanager
                  systemctl disable --now prometheus prometheus-alertmanager
  macOS:          brew install prometheus alertmanager`);
}

function find(program: Name): string | undefined {
  const folders = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  return NAMES[program]
    .flatMap((name) => folders.map((folder) => join(folder, name)))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

interface Start {
  readonly command: string;
  /** Path of its configuration file. */
  readonly config: string;
  /** Folder for its data, which it creates. */
  readonly data: string;
  /** The port of the loopback address that it listens on. */
  readonly port: number;
}

/** Starts a Prometheus that also takes remote writes. */
export function startPrometheus({ command, config, data, port }: Start): Program {
  const args = [
    `--config.file=${config}`,
    `--storage.tsdb.path=${data}`,
    `--web.listen-address=127.0.0.1:${port}`,
    // Where links in mails lead to.
    `--web.external-url=http://localhost:${port}`,
    '--web.enable-remote-write-receiver',
    '--enable-feature=exemplar-storage',
    '--log.level=error',
  ];
  return new Program(command, args, `http://127.0.0.1:${port}/-/ready`);
}

export function startAlertmanager({ command, config, data, port }: Start): Program {
  const args = [
    `--config.file=${config}`,
    `--storage.path=${data}`,
    `--web.listen-address=127.0.0.1:${port}`,
    `--web.external-url=http://localhost:${port}`,
    // One alone talks to no others.
    '--cluster.listen-address=',
    '--log.level=error',
  ];
  return new Program(command, args, `http://127.0.0.1:${port}/-/ready`);
}
