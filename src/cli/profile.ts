import { readFile, realpath, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { InvalidArgumentError } from 'commander';
import { type Config, parseConfig } from '../config.ts';
import { loadModel } from '../inference/loader.ts';
import type { Model } from '../inference/model.ts';
import { type ModelCard, parseModelCard } from '../inference/model-card.ts';
import { count } from '../quantities.ts';
import { name, path, positiveInteger } from './arguments.ts';
import { setField } from './card-text.ts';
import { npmCommand, runCommand } from './command.ts';
import { findProfiled, type Profiled } from './find-profiled.ts';
import { createLoaderParts } from './loader-parts.ts';
import { profileModel } from './profile-model.ts';
import { readTrainingData } from './training-data.ts';

/** `npm run models:profile`: writes into a model's card what its training data looks like, for the server to count by. */

interface Options {
  readonly model: string;
  readonly data: string;
  readonly repository?: string;
  readonly bins: number;
  readonly version?: string;
}

/** How long the process may take to end by itself: threads of a model may still be at work. */
const LONGEST_EXIT_MS = 500;

async function profile(options: Options): Promise<void> {
  const { repository, data: file, bins } = options;
  const config = parseConfig({
    ...process.env,
    ...(repository !== undefined && { MODEL_REPOSITORY: repository }),
  });
  const profiled = await findProfiled(config.MODEL_REPOSITORY, options.model, options.version);
  const { features } = profiled;
  const data = await readTrainingData(file, features);
  const { model, card } = await load(profiled, config);
  const { reference, notes } = await profileModel(model, card, data, bins);
  parseModelCard({ ...card, reference });
  const path = join(config.MODEL_REPOSITORY, profiled.cardPath);
  await replaceField(path, 'reference', reference);

  const ignored = data.ignored.map((column) => `'${column}'`).join(', ');
  if (ignored) console.log(`note: ${ignored} of ${file} are no features, and are passed over`);
  for (const note of notes) console.log(`note: ${note}`);
  const what = `${count(Object.keys(reference.features).length, 'feature')} in ${count(data.rows, 'row')}`;
  console.log(`${profiled.name} v${profiled.version}: the statistics of ${what} are in ${path}`);
}

/** Loads a version as the server does, whatever statistics its card has by now. */
async function load(
  { name, version, card: cardJson, files }: Profiled,
  config: Config,
): Promise<{ model: Model; card: ModelCard }> {
  const parts = await createLoaderParts(config);
  try {
    const model = await loadModel({ name, version, card: cardJson, files }, parts);
    if (model.card) return { model, card: model.card };
    throw new Error('it has no card');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`${name} v${version} cannot be loaded: ${reason}`, { cause: error });
  }
}

/** Writes a card anew with one field changed; whoever reads it meanwhile has the former or the new one, whole. */
async function replaceField(path: string, name: string, value: unknown): Promise<void> {
  const file = await realpath(path);
  const text = setField(await readFile(file, 'utf8'), name, value);
  // A server passes over names that begin with a dot.
  const beside = join(file, '..', '.model.json.new');
  await writeFile(beside, text, { mode: (await stat(file)).mode });
  await rename(beside, file);
}

function severalBins(value: string): number {
  const number = positiveInteger(value);
  if (number >= 2) return number;
  throw new InvalidArgumentError('expected a whole number above 1');
}

const program = npmCommand('models:profile')
  .description("write into a model's card what its training data looks like")
  .requiredOption('--model <name>', 'the model', name)
  .requiredOption(
    '--data <file>',
    'rows that it was trained on: CSV with a header, or .json, .jsonl or .ndjson',
    path,
  )
  .option(
    '--repository <directory>',
    'the models (default: MODEL_REPOSITORY, or else ./model)',
    path,
  )
  .option('--bins <n>', 'bins of a feature at most', severalBins, 10)
  .option(
    '--version <version>',
    'the version that is asked for predictions (default: the one that is served)',
    name,
  )
  .action(profile);

await runCommand(program);
setTimeout(() => process.exit(), LONGEST_EXIT_MS).unref();
