import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hurryRules } from '../../observability/source/local/configure-prometheus.ts';

/**
 * Writes a configuration of Prometheus with the generated rules, evaluated every second so that nobody has to wait for
 * them.
 *
 * @param targets host:port of what to scrape every second, as job `kilat`
 * @returns its path
 */
export function configureRules(targets: readonly string[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'kilat-rules-'));
  hurryRules(folder, '1s');
  const scrape = { job_name: 'kilat', scrape_interval: '1s', static_configs: [{ targets }] };
  const config = {
    rule_files: [join(folder, '*.yml')],
    scrape_configs: targets.length > 0 ? [scrape] : [],
  };
  const path = join(folder, 'prometheus.json');
  writeFileSync(path, JSON.stringify(config));
  return path;
}
