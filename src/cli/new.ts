import { readFile, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { InvalidArgumentError, Option } from 'commander';
import { parseConfig } from '../config.ts';
import { path } from './arguments.ts';
import { BUNDLE, writeImports } from './bundle-imports.ts';
import type { Wishes } from './card-skeleton.ts';
import { npmCommand, runCommand } from './command.ts';
import { createLoaderParts } from './loader-parts.ts';
import { describeNewModel } from './new-report.ts';
import { prepareModel } from './prepare-model.ts';
import { stopOnSignals, unlessStopped } from './signals.ts';
import { findPlace, withStaged } from './stage-model.ts';

/** `npm run models:new`: puts a graph where the server finds it, with a card to fill in, once it has been seen to load. */

interface Options extends Wishes {
  readonly repository?: string;
  readonly force?: true;
}

/** How long the process may take to end by itself: threads of a model may still be at work. */
const LONGEST_EXIT_MS = 500;

async function create(name: string, file: string, options: Options): Promise<void> {
  const { repository, force, ...wishes } = options;
  // SIGHUP is the end of the terminal.
  const stopped = stopOnSignals(['SIGINT', 'SIGTERM', 'SIGHUP']);
  const config = parseConfig({
    ...process.env,
    ...(repository !== undefined && { MODEL_REPOSITORY: repository }),
  });
  const place = await unlessStopped(stopped, findPlace(config.MODEL_REPOSITORY, name));
  // What is there of a model has been served with the card that it has, or without one.
  const keepsCard = place.isKnown && !force;
  if (wishes.ignore && !wishes.data) throw new Error('--ignore names columns of --data');
  if (keepsCard && (wishes.task || wishes.labels || wishes.data)) {
    const card = `${place.root}/${name}/model.json`;
    throw new Error(
      `model '${name}' is there: change ${card} by hand, or have it written anew with --force`,
    );
  }
  const parts = await unlessStopped(stopped, createLoaderParts(config));
  const copiesCard = keepsCard && place.hasCard;
  const model = await withStaged(place, file, copiesCard, stopped, async (staged) => {
    const preparing = prepareModel(staged, keepsCard ? undefined : wishes, parts);
    const prepared = await unlessStopped(stopped, preparing);
    // From here on it is a matter of moments, of which no signal makes a half.
    await staged.moveIntoPlace(prepared);
    return prepared;
  });
  const isBundled = resolve(place.root) === resolve('model');
  const bundle = isBundled ? await bundleAgain() : undefined;
  console.log(describeNewModel(model, bundle, config));
}

/** @returns what has been done for the Worker */
async function bundleAgain(): Promise<string> {
  try {
    const imports = await writeImports('model');
    if ((await readFile(BUNDLE, 'utf8')) === imports) return 'imports it for the Worker already';
    await writeFile(BUNDLE, imports);
    return 'imports it for the Worker';
  } catch (error) {
    return `not changed: ${error instanceof Error ? error.message : error}`;
  }
}

/** @param noun of one of them */
function listOf(noun: string) {
  return (value: string): readonly string[] => {
    const items = value.split(',').map((item) => item.trim());
    if (items.includes('')) throw new InvalidArgumentError(`expected ${noun}s with commas between`);
    if (new Set(items).size === items.length) return items;
    throw new InvalidArgumentError(`expected every ${noun} once`);
  };
}

const program = npmCommand('models:new')
  .description('put a graph where the server finds it, with a card to fill in')
  .argument('<name>', 'what it is asked by; of a model that is there this is the next version')
  .argument('<graph>', 'an ONNX file; weights in files of their own lie beside it', path)
  .option('--labels <list>', 'classes, in the order of the probabilities: a,b,c', listOf('label'))
  .option(
    '--data <file>',
    'rows that it takes: CSV whose header names the features, for the card',
    path,
  )
  .option('--ignore <list>', 'columns of --data that are no features: a,b', listOf('column'))
  .addOption(
    new Option('--task <task>', 'what it is for, where the outputs do not tell').choices([
      'classification',
      'regression',
    ]),
  )
  .option('--force', 'write the card of a model anew that has one')
  .option(
    '--repository <directory>',
    'the models (default: MODEL_REPOSITORY, or else ./model)',
    path,
  )
  .action(create);

await runCommand(program);
setTimeout(() => process.exit(), LONGEST_EXIT_MS).unref();
