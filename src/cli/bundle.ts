import { readdir, readFile, writeFile } from 'node:fs/promises';
import { Command } from 'commander';
import { DiskStore } from '../stores/disk.ts';

/** Writes src/stores/bundle.ts, which imports every model of a directory, so that wrangler bundles them. */

const TARGET = 'src/stores/bundle.ts';

async function generate(root: string): Promise<string> {
  const imports: string[] = [];
  const entries: string[] = [];
  const models = await new DiskStore(root).list();
  for (const [index, { name, versions }] of models.entries()) {
    const hasCard = (await readdir(`${root}/${name}`)).includes('model.json');
    const card = hasCard ? `card${index}` : 'undefined';
    if (hasCard)
      imports.push(`import ${card} from '../../${root}/${name}/model.json' with { type: 'json' };`);
    const graphs = versions.map(({ version }) => {
      const graph = `graph${index}v${version}`;
      imports.push(`import ${graph} from '../../${root}/${name}/${version}/model.onnx';`);
      return `bundled('${version}', ${graph})`;
    });
    entries.push(
      `  { name: '${name}', card: async () => ${card}, versions: [${graphs.join(', ')}] },`,
    );
  }
  return `// Written by \`npm run models:bundle\`: one import per model that the Worker carries. Do not edit.
${imports.join('\n')}
import type { ModelStore } from '../inference/repository.ts';

function bundled(version: string, graph: ArrayBuffer) {
  return { version, graph: async () => new Uint8Array(graph) };
}

const models = [
${entries.join('\n')}
];

/** The models that are part of the Worker itself. */
export const bundle: ModelStore = { list: async () => models };
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
