import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parse } from 'yaml';
import * as z from 'zod';

const OBSERVABILITY = resolve(import.meta.dirname, '../..');

const configuration = z.looseObject({
  global: z.looseObject({}),
  scrape_configs: z.array(z.looseObject({})),
});
const rules = z.looseObject({ groups: z.array(z.looseObject({})) });

interface Places {
  /** The server's address, with a slash at its end; its /metrics is what is scraped. */
  readonly server: string;
  /** host:port */
  readonly alertmanager: string;
  /** What /metrics asks for. */
  readonly token?: string | undefined;
  /** How often it scrapes and looks at its rules, where that is not to be as it is: `1s`. */
  readonly interval?: string | undefined;
  /** Folder with the rules, where they are not to be as they are. */
  readonly rules?: string | undefined;
}

/**
 * Writes Prometheus' generated configuration with other places in it.
 *
 * @param folder where prometheus.yml goes; it holds the token
 * @returns the path of the configuration
 */
export function configurePrometheus(folder: string, places: Places): string {
  const { alertmanager, token, interval } = places;
  const shipped = configuration.parse(read('prometheus.yml'));
  const { protocol, host, pathname } = new URL('metrics', places.server);
  const config = {
    ...shipped,
    global: {
      ...shipped.global,
      ...(interval !== undefined && { scrape_interval: interval, evaluation_interval: interval }),
    },
    rule_files: [join(places.rules ?? join(OBSERVABILITY, 'rules'), '*.yml')],
    alerting: { alertmanagers: [{ static_configs: [{ targets: [alertmanager] }] }] },
    scrape_configs: shipped.scrape_configs.map((job) => ({
      ...job,
      scheme: protocol.slice(0, -1),
      metrics_path: pathname,
      ...(token !== undefined && { authorization: { credentials: token } }),
      static_configs: [{ targets: [host] }],
    })),
  };
  const path = join(folder, 'prometheus.yml');
  // JSON is YAML too.
  writeFileSync(path, JSON.stringify(config), { mode: 0o600 });
  return path;
}

/** Writes the generated rules, every group of them to be evaluated so often, into a folder that is there. */
export function hurryRules(folder: string, interval: string): void {
  for (const file of readdirSync(join(OBSERVABILITY, 'rules'))) {
    const { groups } = rules.parse(read(`rules/${file}`));
    const often = groups.map((group) => ({ ...group, interval }));
    writeFileSync(join(folder, file), JSON.stringify({ groups: often }));
  }
}

function read(path: string): unknown {
  return parse(readFileSync(join(OBSERVABILITY, path), 'utf8'));
}
