import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { prometheusFiles } from '../../observability/source/prometheus-files.ts';

/**
 * Writes a configuration of Prometheus with the generated rules, evaluated every second so that nobody has to wait for
 * them.
 *
 * @param targets host:port of what to scrape every second, as job `kilat`
 * @returns its path
 */
export function configureRules(targets: readonly string[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'kilat-rules-'));
  for (const { path, content } of prometheusFiles()) {
    if (!path.startsWith('rules/')) continue;
    const { groups } = parse(content) as { groups: readonly object[] };
    const often = groups.map((group) => ({ ...group, interval: '1s' }));
    writeFileSync(join(folder, path.replace('/', '-')), JSON.stringify({ groups: often }));
  }
  const scrape = { job_name: 'kilat', scrape_interval: '1s', static_configs: [{ targets }] };
  const config = {
    rule_files: [join(folder, 'rules-*.yml')],
    scrape_configs: targets.length > 0 ? [scrape] : [],
  };
  writeFileSync(join(folder, 'prometheus.yml'), JSON.stringify(config));
  return join(folder, 'prometheus.yml');
}
