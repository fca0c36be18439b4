import packageJson from '../../package.json' with { type: 'json' };

/**
 * Where the runbook of an alert is read: docs/runbooks/<alert>.md, below the address that package.json gives as
 * `config.runbooks`. Set that to where your people read them.
 */
export function runbookUrl(alert: string): string {
  return `${packageJson.config.runbooks}/${alert}.md`;
}
