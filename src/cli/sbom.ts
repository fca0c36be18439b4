import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import Table from 'cli-table3';
import { count } from '../quantities.ts';
import { npmCommand, runCommand } from './command.ts';
import {
  findException,
  findLicenceFaults,
  findUnpinned,
  type Package,
  readPackages,
} from './licences.ts';

/** `npm run sbom`: writes which packages are installed, and says what their licences are. */

const TARGET = 'sbom.cdx.json';

const USES = ['runtime', 'development', 'extraneous'] as const;

async function sbom({ check }: { check?: true }): Promise<void> {
  const text = await createSbom();
  await writeFile(TARGET, text);
  const packages = readPackages(JSON.parse(text));
  if (!check) console.log(formatTable(packages));
  console.log([...summarise(packages), `written: ${TARGET}`].join('\n'));

  const manifest: unknown = JSON.parse(await readFile('package.json', 'utf8'));
  const faults = [...findLicenceFaults(packages), ...findUnpinned(manifest)];
  for (const fault of faults) console.error(fault);
  if (check && faults.length > 0) process.exitCode = 1;
}

/** @throws Error with what npm says, for instance of a package that is missing */
async function createSbom(): Promise<string> {
  const format = ['--sbom-format', 'cyclonedx', '--sbom-type', 'application'];
  // NODE_ENV and what npm itself was started with could have it leave packages out, or say nothing of errors.
  const all = ['--include', 'dev', '--include', 'optional', '--loglevel', 'error'];
  try {
    const options = { maxBuffer: Number.POSITIVE_INFINITY };
    return (await promisify(execFile)('npm', ['sbom', ...format, ...all], options)).stdout;
  } catch (error) {
    const said = error instanceof Error && 'stderr' in error ? String(error.stderr) : '';
    throw new Error(`npm sbom failed; is all installed (npm install)?\n${said || error}`.trimEnd());
  }
}

/** A line per package: runtime first, and each licence's together. */
function formatTable(packages: readonly Package[]): string {
  const table = new Table({
    head: ['package', 'version', 'licence', 'use'],
    style: { head: [], border: [] },
    // No lines between rows: there are hundreds.
    chars: { mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': '' },
  });
  const sorted = packages.toSorted((a, b) => {
    return (
      USES.indexOf(a.use) - USES.indexOf(b.use) ||
      (a.licence ?? '').localeCompare(b.licence ?? '') ||
      a.name.localeCompare(b.name)
    );
  });
  for (const each of sorted) {
    const licence = each.licence ?? 'none';
    const note = findException(each) ? `${licence} (exception)` : licence;
    table.push([each.name, each.version, note, each.use]);
  }
  return table.toString();
}

/** How many packages have which licence, and why exceptions are. */
function summarise(packages: readonly Package[]): string[] {
  const lines = USES.flatMap((use) => {
    const used = packages.filter((each) => each.use === use);
    if (used.length === 0) return [];
    const groups = Map.groupBy(used, ({ licence }) => licence ?? 'none');
    const counts = [...groups]
      .map(([licence, { length }]) => ({ licence, length }))
      .sort((a, b) => b.length - a.length)
      .map(({ licence, length }) => `${length} ${licence}`);
    return [`${use}: ${count(used.length, 'package')}: ${counts.join(', ')}`];
  });
  const excepted = Map.groupBy(packages, findException);
  for (const [exception, those] of excepted) {
    if (!exception) continue;
    const names = those.map(({ name }) => name).join(', ');
    lines.push(`exception: ${names}: ${exception.licence}: ${exception.reason}`);
  }
  return lines;
}

const program = npmCommand('sbom')
  .description(`write ${TARGET}, an SBOM of what is installed, and list the licences`)
  .option('--check', 'exit with 1 for a licence that is not allowed, and for a version not pinned')
  .action(sbom);

await runCommand(program);
