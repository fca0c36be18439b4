import { execFileSync, spawnSync } from 'node:child_process';

/**
 * Installs what is missing where that is possible (Debian, as root), and elsewhere says what to install.
 *
 * @param programs the Debian package of each
 */
export function installPrograms(programs: Readonly<Record<string, string>>): void {
  const missing = Object.entries(programs)
    .filter(([program]) => spawnSync('which', [program]).status !== 0)
    .map(([, debianPackage]) => debianPackage);
  if (missing.length > 0) installPackages([...new Set(missing)]);
}

/** @throws Error that names the packages where they cannot be installed */
export function installPackages(packages: readonly string[]): void {
  const debian = spawnSync('which', ['apt-get']).status === 0;
  if (!debian || process.getuid?.() !== 0) {
    throw new Error(`these tests need ${packages.join(', ')}: please install`);
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
