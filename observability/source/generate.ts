import { globSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { Command } from 'commander';
import { alertmanagerFiles } from './alertmanager-files.ts';
import { checkExpression } from './check-expressions.ts';
import { collectExpressions } from './collect-expressions.ts';
import { dashboardFiles } from './dashboards.ts';
import type { GeneratedFile } from './files.ts';
import { grafanaAlertingFiles } from './grafana-alerting.ts';
import { grafanaDatasourceFiles } from './grafana-datasource.ts';
import { prometheusFiles } from './prometheus-files.ts';
import { rulesTestFiles } from './rules-tests.ts';

/** Writes what Prometheus, Alertmanager and Grafana are started with, from the alerts and dashboards in this folder. */

const TARGET = 'observability';
/** Where everything is written by this command; Prometheus and Grafana would read a file left over here. */
const GENERATED = ['rules/**', 'grafana/provisioning/**', 'grafana/dashboards/**'];

function allFiles(): GeneratedFile[] {
  return [
    ...prometheusFiles(),
    ...rulesTestFiles(),
    ...alertmanagerFiles(),
    ...grafanaDatasourceFiles(),
    ...grafanaAlertingFiles(),
    ...dashboardFiles(),
  ];
}

/** @returns every expression that asks for what there is not, with the reason */
function findProblems(files: readonly GeneratedFile[]): string[] {
  return collectExpressions(files).flatMap(({ place, expr }) =>
    checkExpression(expr).map((problem) => `${place}: ${problem}\n    ${expr}`),
  );
}

async function writeAll(files: readonly GeneratedFile[]): Promise<void> {
  for (const { path, content } of files) {
    const target = join(TARGET, path);
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, content);
  }
}

/** @returns what differs from the sources, a line each */
async function findDifferences(files: readonly GeneratedFile[]): Promise<string[]> {
  const differing: string[] = [];
  for (const { path, content } of files) {
    const present = await readFile(join(TARGET, path), 'utf8').catch(() => undefined);
    if (present === undefined) differing.push(`${TARGET}/${path}: is missing`);
    else if (present !== content)
      differing.push(`${TARGET}/${path}: is not what its source writes`);
  }
  const written = new Set(files.map(({ path }) => path));
  const surplus = globSync(GENERATED, { cwd: TARGET, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(TARGET, join(entry.parentPath, entry.name)))
    .filter((path) => !written.has(path));
  return [
    ...differing,
    ...surplus.map((path) => `${TARGET}/${path}: nothing writes it; remove it`),
  ];
}

const program = new Command('observability')
  .description('write the files below observability/ from observability/source/')
  .option('--check', 'only say whether they are up to date')
  .action(async (options: { check?: boolean }) => {
    const files = allFiles();
    const problems = findProblems(files);
    if (problems.length > 0) program.error(problems.join('\n'));
    if (!options.check) return writeAll(files);
    const differences = await findDifferences(files);
    if (differences.length === 0) return;
    program.error(
      [
        'observability/ and observability/source/ differ; run `npm run observability` and commit the result.',
        ...differences,
      ].join('\n'),
    );
  });

await program.parseAsync();
