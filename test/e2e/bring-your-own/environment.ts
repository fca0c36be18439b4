import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { installPackages } from '../../helpers/install-programs.ts';
import { run } from './run.ts';

/** Where what the examples import lies; what that is stands in REQUIREMENTS. */
const VENV = resolve('dist/e2e-bring-your-own');
const PYTHON = join(VENV, 'bin/python');
export const REQUIREMENTS = 'docs/bring-your-own-model.requirements.txt';
export const INSTALL_MS = 600_000;

/** Where the document's commands for Debian's torch are run: PyPI's for Linux is gigabytes, with CUDA in it. */
const TORCH = resolve('dist/e2e-bring-your-own-torch');

/** The Python of each environment that a mark may name. */
const PYTHONS = new Map([
  ['venv', PYTHON],
  ['torch', join(TORCH, '.venv-torch/bin/python')],
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
 * Installs Debian's torch where that is possible, and what it takes besides, again when the commands are other ones.
 *
 * @param commands what the document makes the environment with
 * @returns why there is none, or undefined when there is
 */
export async function installTorch(commands: string): Promise<string | undefined> {
  const { status } = spawnSync('/usr/bin/python3', ['-c', 'import ensurepip, torch']);
  try {
    if (status !== 0) installPackages(['python3-torch', 'python3-venv']);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  const installed = join(TORCH, 'installed.txt');
  if (existsSync(installed) && readFileSync(installed, 'utf8') === commands) return undefined;
  rmSync(TORCH, { recursive: true, force: true });
  mkdirSync(TORCH, { recursive: true });
  await run('bash', ['-euc', commands], { cwd: TORCH, timeout: INSTALL_MS });
  writeFileSync(installed, commands);
  return undefined;
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
  const python = PYTHONS.get(environment);
  if (python === undefined) throw new Error(`there is no environment '${environment}'`);
  return run(python, ['-c', code, ...args], { cwd });
}
