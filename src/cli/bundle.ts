import { readFile, writeFile } from 'node:fs/promises';
import { Command } from 'commander';
import { DiskStore } from '../stores/disk.ts';
import { listFiles } from '../stores/layout.ts';

/** Writes src/stores/bundle.ts, which imports every file of a repository, so that wrangler bundles them. */

const TARGET = 'src/stores/bundle.ts';
/** What wrangler.toml makes bytes of. */
const AS_BYTES = /\.(onnx|onnx_data|data|bin)$/;

async function generate(root: string): Promise<string> {
  const imports: string[] = [];
  const entries: string[] = [];
  const models = await new DiskStore(root).list();
  const paths = (await Promise.all(models.map(listFiles))).flat();
  for (const path of paths.filter((each) => !each.endsWith('SHA256SUMS'))) {
    const isCard = path.endsWith('model.json');
    if (!isCard && !AS_BYTES.test(path)) {
      throw new Error(
        `${root}/${path}: external data has to end in .data, .onnx_data or .bin to be bundled`,
      );
    }
    const file = `file${imports.length}`;
    imports.push(
      `import ${file} from '../../${root}/${path}'${isCard ? " with { type: 'json' }" : ''};`,
    );
    entries.push(`  '${path}': ${file},`);
  }
  return `// Written by \`npm run models:bundle\`: one import per file of the models that the Worker carries. Do not edit.
${imports.join('\n')}
import { fileMapStore } from './file-map.ts';

/** The models that are part of the Worker itself. */
export const bundle = fileMapStore({
${entries.join('\n')}
});
`;
}

const program = new Command('models:bundle')
  .description('write the imports of the models that the Worker carries')
  .option('--check', 'only say whether they are up to date')
  .option('--models <directory>', 'where the models are', 'model')
  .action(async (options: { check?: boolean; models: string }) => {
    const wanted = await generate(options.models);
    if (!options.check) return writeFile(TARGET, wanted);
    const present = await readFile(TARGET, 'utf8').catch(() => '');
    if (present === wanted) return;
    const missing = wanted.split('\n').filter((line) => !present.includes(line));
    const surplus = present.split('\n').filter((line) => !wanted.includes(line));
    console.error(
      [
        `${TARGET} and ${options.models}/ differ; run \`npm run models:bundle\` and commit the result.`,
        ...missing.map((line) => `+ ${line}`),
        ...surplus.map((line) => `- ${line}`),
      ].join('\n'),
    );
    process.exitCode = 1;
  });

await program.parseAsync();
