import { readFile, writeFile } from 'node:fs/promises';
import { path } from './arguments.ts';
import { BUNDLE, writeImports } from './bundle-imports.ts';
import { npmCommand } from './command.ts';

/** `npm run models:bundle`: writes src/stores/bundle.ts. */

const program = npmCommand('models:bundle')
  .description('write the imports of the models that the Worker carries')
  .option('--check', 'only say whether they are up to date')
  .option('--models <directory>', 'where the models are', path, 'model')
  .action(async (options: { check?: boolean; models: string }) => {
    const wanted = await writeImports(options.models);
    if (!options.check) return writeFile(BUNDLE, wanted);
    const present = await readFile(BUNDLE, 'utf8').catch(() => '');
    if (present === wanted) return;
    const missing = wanted.split('\n').filter((line) => !present.includes(line));
    const surplus = present.split('\n').filter((line) => !wanted.includes(line));
    console.error(
      [
        `${BUNDLE} and ${options.models}/ differ; run \`npm run models:bundle\` and commit the result.`,
        ...missing.map((line) => `+ ${line}`),
        ...surplus.map((line) => `- ${line}`),
      ].join('\n'),
    );
    process.exitCode = 1;
  });

await program.parseAsync();
