import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

/** Where the Python environment of these tests lies. */
export const PYTHON = 'dist/e2e-python/bin/python';
const PYTHON_PACKAGES = ['prometheus-client==0.26.0'];

/** Programs that the tests run, and the Debian package of each. */
const PROGRAMS = {
  prometheus: 'prometheus',
  promtool: 'prometheus',
  'prometheus-alertmanager': 'prometheus-alertmanager',
  amtool: 'prometheus-alertmanager',
  python3: 'python3-venv',
};

/** Installs what is missing where that is possible (Debian, as root), and elsewhere says what to install. */
export default function install(): void {
  const missing = Object.entries(PROGRAMS)
    .filter(([program]) => spawnSync('which', [program]).status !== 0)
    .map(([, debianPackage]) => debianPackage);
  if (missing.length > 0) installPackages([...new Set(missing)]);
  if (existsSync(PYTHON)) return;
  execFileSync('python3', ['-m', 'venv', 'dist/e2e-python'], { stdio: 'inherit' });
  execFileSync(PYTHON, ['-m', 'pip', 'install', '--quiet', ...PYTHON_PACKAGES], {
    stdio: 'inherit',
  });
}

export function installPackages(packages: readonly string[]): void {
  const debian = spawnSync('which', ['apt-get']).status === 0;
  if (!debian || process.getuid?.() !== 0) {
    throw new Error(`the end-to-end tests need ${packages.join(', ')}: please install`);
  }
  const options = {
    stdio: 'inherit',
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  } as const;
  execFileSync('apt-get', ['update', '-qq'], options);
  execFileSync(
    'apt-get',
    ['install', '-y', '-qq', '--no-install-recommends', ...packages],
    options,
  );
}
