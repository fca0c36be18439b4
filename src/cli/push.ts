import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { SingleBar } from 'cli-progress';
import { InvalidArgumentError } from 'commander';
import { type Config, parseConfig } from '../config.ts';
import { count, formatBytes } from '../quantities.ts';
import { DiskStore } from '../stores/disk.ts';
import { path } from './arguments.ts';
import { summarise } from './check-report.ts';
import { npmCommand, runCommand } from './command.ts';
import { loadAll } from './load-all.ts';
import { planPush, type Upload } from './push-plan.ts';
import { stopOnSignals } from './signals.ts';
import { runWrangler } from './wrangler.ts';

/**
 * `npm run models:push`: puts a repository of models into an R2 bucket.
 *
 * It may be killed at any point, and what is half there then is not served. An object in a bucket is whole or not
 * there at all, so all that matters is which objects meet, and for that their order is made: of each model the
 * hashes of its versions, its card, and then of each version what lies beside the graph and the graph itself.
 *
 * - A version that was not there before has no graph until it has everything else.
 * - One that is replaced has its new hashes from the first moment, so whatever old file is left meets a hash that is
 *   not its own, and the version is refused (`wrong_hash`). A server that has the old one loaded goes on serving it.
 * - A card comes when every graph that is not the one it was written for is refused already.
 *
 * Pushing again puts everything there. Nothing is ever removed from the bucket.
 */

interface Options {
  readonly local?: true;
  readonly persistTo?: string;
  readonly skipCheck?: true;
}

/** How long the process may take to end by itself: threads of a model may still be at work. */
const LONGEST_EXIT_MS = 500;

async function push(bucket: string, directory: string | undefined, options: Options) {
  if (options.persistTo !== undefined && !options.local) {
    throw new Error('--persist-to is where --local pushes to: expected both, or neither');
  }
  const config = parseConfig({
    ...process.env,
    ...(directory !== undefined && { MODEL_REPOSITORY: directory }),
  });
  if (!options.skipCheck) await checkAll(config);

  const stopped = stopOnSignals();
  const scratch = await mkdtemp(join(tmpdir(), 'kilat-push-'));
  try {
    const root = resolve(config.MODEL_REPOSITORY);
    const models = await new DiskStore(root).list();
    const uploads = await planPush(root, models, scratch);
    await uploadAll(bucket, uploads, options, stopped);
    const bytes = formatBytes(sizeOf(uploads));
    const all = `${count(uploads.length, 'file')} (${bytes}) of ${count(models.length, 'model')}`;
    console.log(`pushed ${all} to r2://${bucket}`);
  } finally {
    await rm(scratch, { recursive: true });
  }
}

/** @throws Error that names every version that could not be served */
async function checkAll(config: Config): Promise<void> {
  const versions = await loadAll(config);
  const failed = versions.filter(({ outcome }) => outcome === 'failed');
  if (failed.length === 0) return;
  const lines = failed.map(({ model, version, reason }) => `  ${model} v${version}: ${reason}`);
  const advice = '(--skip-check pushes them all the same)';
  throw new Error([`nothing is pushed: ${summarise(versions)}`, ...lines, advice].join('\n'));
}

/** Puts one object after the other; the order is what keeps half a push from being served. */
async function uploadAll(
  bucket: string,
  uploads: readonly Upload[],
  { local, persistTo }: Options,
  stopped: AbortSignal,
): Promise<void> {
  const place = local ? ['--local'] : ['--remote'];
  if (persistTo !== undefined) place.push('--persist-to', persistTo);
  const progress = showProgress(uploads);
  let pushed = 0;
  try {
    for (const upload of uploads) {
      const { key, file } = upload;
      const object = ['r2', 'object', 'put', `${bucket}/${key}`, '--file', file];
      await runWrangler([...object, ...place], stopped);
      pushed++;
      progress.pushed(upload);
    }
  } catch (error) {
    progress.end();
    const said = error instanceof Error ? error.message : String(error);
    const so = `${pushed} of ${count(uploads.length, 'file')} pushed to r2://${bucket}`;
    const safe = 'nothing half pushed is served, and pushing again is safe';
    throw new Error(`${said}\n${so}; ${safe}`, { cause: error });
  }
  progress.end();
}

/** A bar on a terminal; elsewhere a line for each file. */
function showProgress(uploads: readonly Upload[]): { pushed(upload: Upload): void; end(): void } {
  if (!process.stderr.isTTY) {
    const pushed = ({ key, bytes }: Upload) => console.log(`${key} (${formatBytes(bytes)})`);
    return { pushed, end: () => {} };
  }
  const total = sizeOf(uploads);
  const all = { allFiles: uploads.length, allBytes: formatBytes(total) };
  const format = '{bar} {percentage}% | {files}/{allFiles} files | {bytes} of {allBytes}';
  const bar = new SingleBar({ format });
  bar.start(total, 0, { ...all, files: 0, bytes: formatBytes(0) });
  let files = 0;
  let bytes = 0;
  return {
    pushed: (upload) => {
      files++;
      bytes += upload.bytes;
      bar.update(bytes, { ...all, files, bytes: formatBytes(bytes) });
    },
    end: () => bar.stop(),
  };
}

function sizeOf(uploads: readonly Upload[]): number {
  return uploads.reduce((sum, { bytes }) => sum + bytes, 0);
}

/** What Cloudflare takes for a bucket's name. */
function bucketName(value: string): string {
  if (/^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/.test(value)) return value;
  throw new InvalidArgumentError(
    'expected 3 to 63 lower-case letters, digits and hyphens, and nothing before or behind them',
  );
}

const program = npmCommand('models:push')
  .description('put every model of a repository into an R2 bucket, by wrangler')
  .argument('<bucket>', 'the name of the bucket', bucketName)
  .argument('[directory]', 'the models (default: MODEL_REPOSITORY, or else ./model)', path)
  .option('--local', "push to wrangler's local storage instead of to Cloudflare")
  .option('--persist-to <directory>', 'where the local storage is', path)
  .option('--skip-check', 'push models without having loaded them')
  .action(push);

await runCommand(program);
setTimeout(() => process.exit(), LONGEST_EXIT_MS).unref();
