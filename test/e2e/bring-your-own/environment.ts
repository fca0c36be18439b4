import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { installPackages } from '../../helpers/install-programs.ts';
import { run } from './run.ts';

/** Where what the examples import lies; what that is stands in REQUIREMENTS. */
const VENV = resolve('dist/e2e-bring-your-own');
const PYTHON = join(VENV, 'bin/python');
export const REQUIREMENTS = 'docs/bring-your-own-model.requirements.txt';
export const INSTALL_MS = 600_000;

/** Behind the environment's own packages, those of Debian: PyPI's torch for Linux is gigabytes, with CUDA in it. */
const WITH_DEBIAN_PACKAGES = "import sys; sys.path.append('/usr/lib/python3/dist-packages')\n";

/** What has to be said first in each environment that a mark may name. */
const BEFORE = new Map([
  ['venv', ''],
  ['torch', WITH_DEBIAN_PACKAGES],
]);

/** Installs the packages, again when other ones are wanted. */
export async function installPackagesOfExamples(): Promise<void> {
  const installed = join(VENV, 'installed.txt');
  const wanted = readFileSync(REQUIREMENTS, 'utf8');
  if (existsSync(installed) && readFileSync(installed, 'utf8') === wanted) return;
  const options = { timeout: INSTALL_MS };
  await run('python3', ['-m', 'venv', '--clear', VENV], options);
  // Compiling everything ahead takes as long again as all the rest, and most of it is never imported.
  const how = ['--quiet', '--no-compile', '--only-binary', ':all:'];
  await run(PYTHON, ['-m', 'pip', 'install', ...how, '-r', REQUIREMENTS], options);
  writeFileSync(installed, wanted);
}

/**
 * Installs torch where that is possible.
 *
 * @returns why there is none, or undefined when there is
 */
export function installTorch(): string | undefined {
  const missing = () => {
    const { status, stderr } = spawnSync(PYTHON, ['-c', `${WITH_DEBIAN_PACKAGES}import torch`]);
    return status === 0 ? undefined : String(stderr).trim().split('\n').at(-1);
  };
  if (missing() === undefined) return undefined;
  try {
    installPackages(['python3-torch']);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  // A Python that is not of the release that Debian has built it for cannot import it.
  return missing();
}

/**
 * Runs a program in an environment that a mark names.
 *
 * @returns what it has printed
 */
export function runPython(
  environment: string,
  code: string,
  args: readonly string[],
  cwd: string,
): Promise<string> {
  const before = BEFORE.get(environment);
  if (before === undefined) throw new Error(`there is no environment '${environment}'`);
  return run(PYTHON, ['-c', before + code, ...args], { cwd });
}
