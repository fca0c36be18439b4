import { readFile, writeFile } from 'node:fs/promises';
import { path } from './arguments.ts';
import { BUNDLE, writeImports } from './bundle-imports.ts';
import { npmCommand, runCommand } from './command.ts';

/** `npm run models:bundle`: writes src/stores/bundle.ts. */

interface Options {
  readonly check?: true;
  readonly models: string;
}

async function bundle({ check, models }: Options): Promise<void> {
  const wanted = await writeImports(models);
  const present = await readFile(BUNDLE, 'utf8').catch(() => '');
  const isRight = present === wanted;
  if (check) {
    if (isRight) return;
    console.error(describeDifference(present, wanted, models));
    process.exitCode = 1;
    return;
  }
  if (!isRight) await writeFile(BUNDLE, wanted);
  const imports = `imports the files of ${models}/ for the Worker`;
  console.log(
    `${BUNDLE} ${isRight ? `is left as it was: it ${imports} already` : `now ${imports}`}`,
  );
}

function describeDifference(present: string, wanted: string, models: string): string {
  const missing = wanted.split('\n').filter((line) => !present.includes(line));
  const surplus = present.split('\n').filter((line) => !wanted.includes(line));
  return [
    `${BUNDLE} and ${models}/ differ; run \`npm run models:bundle\` and commit the result.`,
    ...missing.map((line) => `+ ${line}`),
    ...surplus.map((line) => `- ${line}`),
  ].join('\n');
}

const program = npmCommand('models:bundle')
  .description('write the imports of the models that the Worker carries')
  .option('--check', 'only say whether they are up to date')
  .option('--models <directory>', 'where the models are', path, 'model')
  .action(bundle);

await runCommand(program);
