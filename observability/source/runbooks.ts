import packageJson from '../../package.json' with { type: 'json' };

/**
 * Where the runbook of an alert is read: docs/runbooks/<alert>.md, below the address that package.json gives as
 * `config.runbooks`. Set that to where your people read them.
 */
export function runbookUrl(alert: string): string {
  return `${packageJson.config.runbooks}/${alert}.md`;
}

/** Where whoever has the repository reads it: at that address, or in the file, as long as nobody has set the address. */
export function runbookPlace(alert: string, url = runbookUrl(alert)): string {
  // Names that end so are nobody's (RFC 2606).
  return new URL(url).hostname.endsWith('.example') ? `docs/runbooks/${alert}.md` : url;
}
