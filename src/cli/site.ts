import { readFile, rm, writeFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import { messageOf } from '../errors.ts';
import { formatBytes } from '../quantities.ts';
import { replaceDirectory } from './replace-directory.ts';

/** `npm run site`: builds the pages at / and /docs from src/site/browser/ into dist/site/, where servers read them. */

const SOURCE = 'src/site/browser';
const TARGET = 'dist/site';
/** Built beside it, so that a server finds the former pages until the new ones are whole. */
const BUILDING = `dist/.site-${process.pid}`;
/** Each page: its document, and what of it is built: a script, with the style sheet that the script imports. */
const PAGES = { index: 'page', docs: 'docs' };

const SCRIPTS = Object.values(PAGES).map((name) => `${SOURCE}/${name}.tsx`);
/** What is not built: the icon, and the licences of what Swagger UI's own bundle is made of, which names that file. */
const COPIED = [
  `${SOURCE}/icon.svg`,
  'node_modules/swagger-ui-dist/swagger-ui-es-bundle.js.LICENSE.txt',
];

/** esbuild is for development; an installation for production alone is served without pages. */
async function loadBuilder() {
  try {
    return await import('esbuild');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND') return;
    throw error;
  }
}

type Builder = NonNullable<Awaited<ReturnType<typeof loadBuilder>>>;

async function replaceSite(): Promise<string> {
  const builder = await loadBuilder();
  if (!builder) return 'the pages are left out: they are built with the packages for development';
  try {
    const description = await buildSite(builder);
    await replaceDirectory(BUILDING, TARGET);
    return description;
  } finally {
    await rm(BUILDING, { recursive: true, force: true });
  }
}

async function buildSite({ build }: Builder): Promise<string> {
  const { metafile } = await build({
    entryPoints: [...SCRIPTS, ...COPIED],
    outdir: `${BUILDING}/assets`,
    entryNames: '[name]-[hash]',
    assetNames: '[name]-[hash]',
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2023',
    jsx: 'automatic',
    jsxImportSource: 'hono/jsx/dom',
    loader: { '.svg': 'copy', '.txt': 'copy' },
    metafile: true,
    logLevel: 'warning',
  });
  const built = Object.keys(metafile.outputs).map((path) => path.slice(BUILDING.length + 1));
  const lines: string[] = [];
  for (const page of Object.keys(PAGES)) {
    const template = await readFile(`${SOURCE}/${page}.html`, 'utf8');
    const parts: string[] = [];
    const html = template.replaceAll(/\{\{(\w+)\.(\w+)\}\}/g, (_, stem: string, type: string) => {
      const part = built.find((path) => path.startsWith(`assets/${stem}-`) && path.endsWith(type));
      if (part === undefined)
        throw new Error(`${page}.html names ${stem}.${type}, which was not built`);
      parts.push(part);
      return part;
    });
    await writeFile(`${BUILDING}/${page}.html`, html);
    lines.push(await describe(`${page}.html`, [`${page}.html`, ...parts]));
  }
  for (const path of built) {
    const file = await readFile(`${BUILDING}/${path}`);
    await writeFile(`${BUILDING}/${path}.gz`, gzipSync(file, { level: 9 }));
  }
  // Workers' static assets are compressed by the platform.
  await writeFile(`${BUILDING}/.assetsignore`, '*.gz\n');
  return lines.join('\n');
}

/** What it costs to open a page for the first time. */
async function describe(page: string, paths: readonly string[]): Promise<string> {
  const files = await Promise.all(paths.map((path) => readFile(`${BUILDING}/${path}`)));
  const sum = (sizes: readonly number[]) => formatBytes(sizes.reduce((all, size) => all + size, 0));
  const size = sum(files.map((file) => file.length));
  const compressed = sum(files.map((file) => gzipSync(file).length));
  return `${TARGET}/${page} with ${paths.length - 1} files: ${size}, ${compressed} compressed`;
}

try {
  console.log(await replaceSite());
} catch (error) {
  // Of a page that is wrong esbuild has said where, and says it again below the first line.
  console.error(messageOf(error).split('\n', 1)[0]);
  process.exitCode = 1;
}
