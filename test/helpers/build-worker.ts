import { execFileSync } from 'node:child_process';

/** Where the Worker's bundle lies while the tests run, built once by the command that deploys it. */
export const WORKER_BUNDLE = 'dist/worker';

/** Builds the pages first: the Worker is deployed with them, and every server reads them. */
export default function buildWorker(): void {
  execFileSync(process.execPath, ['src/cli/site.ts'], { stdio: ['ignore', 'ignore', 'inherit'] });
  execFileSync('wrangler', ['deploy', '--dry-run', '--outdir', WORKER_BUNDLE], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, WRANGLER_SEND_METRICS: 'false' },
  });
}
