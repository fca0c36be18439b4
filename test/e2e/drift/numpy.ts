import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import * as z from 'zod';
import type { Played } from './isolates/worker.ts';

/** Where numpy lies; which one is in REQUIREMENTS. */
const VENV = resolve('dist/e2e-drift');
const PYTHON = join(VENV, 'bin/python');
const REQUIREMENTS = 'test/e2e/drift/requirements.txt';
export const INSTALL_MS = 600_000;

/** PSI by "model version feature" and "model version". */
const computed = z.object({
  features: z.record(z.string(), z.number()),
  predictions: z.record(z.string(), z.number()),
});

export type Computed = z.infer<typeof computed>;

/** Installs numpy, again when another one is wanted. */
export function installNumpy(): void {
  const installed = join(VENV, 'installed.txt');
  const wanted = readFileSync(REQUIREMENTS, 'utf8');
  if (existsSync(installed) && readFileSync(installed, 'utf8') === wanted) return;
  const options = { stdio: 'inherit', timeout: INSTALL_MS } as const;
  execFileSync('python3', ['-m', 'venv', '--clear', VENV], options);
  execFileSync(PYTHON, ['-m', 'pip', 'install', '--quiet', '-r', REQUIREMENTS], options);
  writeFileSync(installed, wanted);
}

/** What psi.py makes of the raw rows and the cards. */
export function computePsi(played: readonly Played[]): Computed {
  const options = { input: JSON.stringify(played), encoding: 'utf8', maxBuffer: 2 ** 26 } as const;
  return computed.parse(JSON.parse(execFileSync(PYTHON, ['test/e2e/drift/psi.py'], options)));
}
