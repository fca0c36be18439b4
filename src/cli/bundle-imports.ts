import { DiskStore } from '../stores/disk.ts';
import { listFiles } from '../stores/layout.ts';

/** Where the imports are, from the root of the project. */
export const BUNDLE = 'src/stores/bundle.ts';

/** What wrangler.toml makes bytes of. */
const AS_BYTES = /\.(onnx|onnx_data|data|bin)$/;

/**
 * The text of a module that imports every file of a repository, so that wrangler bundles them.
 *
 * @param root the repository's directory, from the root of the project
 * @throws Error for a file that wrangler would not bundle, EmptyRepositoryError, and ModelError for what cannot be read
 */
export async function writeImports(root: string): Promise<string> {
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
