import { parseConfig } from '../config.ts';
import { DiskStore } from '../stores/disk.ts';
import { path } from './arguments.ts';
import { formatJson, formatTable } from './check-report.ts';
import { npmCommand, runCommand } from './command.ts';
import { loadAll } from './load-all.ts';
import { findPassedOver } from './passed-over.ts';

/** `npm run models:check`: loads every model as the server would, and says which can be served and why the others cannot. */

/** How long the process may take to end by itself: threads of a model may still be at work. */
const LONGEST_EXIT_MS = 500;

async function check(directory: string | undefined, options: { json?: true }): Promise<void> {
  const config = parseConfig({
    ...process.env,
    ...(directory !== undefined && { MODEL_REPOSITORY: directory }),
  });
  const versions = await loadAll(config);
  const root = config.MODEL_REPOSITORY;
  const passedOver = await findPassedOver(root, await new DiskStore(root).list());
  console.log(options.json ? formatJson(versions, passedOver) : formatTable(versions, passedOver));
  if (versions.some(({ outcome }) => outcome === 'failed')) process.exitCode = 1;
}

const program = npmCommand('models:check')
  .description('load every version of every model as the server would, and say which can be served')
  .argument('[directory]', 'the models (default: MODEL_REPOSITORY, or else ./model)', path)
  .option('--json', 'print one JSON object, in bytes and seconds')
  .action(check);

await runCommand(program);
setTimeout(() => process.exit(), LONGEST_EXIT_MS).unref();
