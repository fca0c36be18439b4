import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { installPrograms } from '../helpers/install-programs.ts';

/** Where the Python environment of these tests lies. */
export const PYTHON = 'dist/e2e-python/bin/python';
const PYTHON_PACKAGES = ['prometheus-client==0.26.0'];

/** Programs that the tests run, and the Debian package of each. */
const PROGRAMS = {
  prometheus: 'prometheus',
  promtool: 'prometheus',
  'prometheus-alertmanager': 'prometheus-alertmanager',
  amtool: 'prometheus-alertmanager',
  curl: 'curl',
  git: 'git',
  python3: 'python3-venv',
  chromium: 'chromium',
};

/** Installs all of it where that is possible. */
export default function install(): void {
  installPrograms(PROGRAMS);
  if (existsSync(PYTHON)) return;
  execFileSync('python3', ['-m', 'venv', 'dist/e2e-python'], { stdio: 'inherit' });
  execFileSync(PYTHON, ['-m', 'pip', 'install', '--quiet', ...PYTHON_PACKAGES], {
    stdio: 'inherit',
  });
}
