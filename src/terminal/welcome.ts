import type { Config } from '../config.ts';
import type { ModelEntry } from '../inference/shelf.ts';
import { type Listening, listAddresses, localUrl } from './addresses.ts';
import { curlLines } from './curl.ts';
import { hasFailed, listModels } from './model-list.ts';
import { describeSwitches } from './switches.ts';
import { COLUMNS, type Paint, shellWord, wrapItems } from './text.ts';

/** What a server is once it has started. */
export interface Started extends Listening {
  readonly config: Config;
  /** Threads for each model whose runs take long. */
  readonly threads: number;
  readonly entries: readonly ModelEntry[];
  /** What `POST /predict` asks. */
  readonly defaultModel: string | undefined;
  /** Whether `npm run infer` and the like are there: a checkout has them, the container image has not. */
  readonly hasCommands: boolean;
}

/** Where `npm run infer` and `npm run models:check` look unless they are told. */
const USUAL = { port: '8000', repository: './model' };
const MARGIN = '  ';

/** What a person should know of a server that has just started, within 80 columns. */
export function welcome(started: Started, paint: Paint): string {
  const { config, threads, entries } = started;
  const { on, off } = describeSwitches(config, threads);
  const parts = [
    label(listAddresses(started, config.PAGE === 'on'), paint),
    [...listModels(entries, paint), ...describeFailures(started, paint)],
    [...labelLines('on', wrapAll(on), paint), ...labelLines('off', wrapAll(off), paint)],
    labelLines('try', suggest(started), paint),
    [paint('dim', describeWhatFollows(config))],
  ];
  const lines = parts.map((part) => part.map((line) => `${MARGIN}${line}\n`).join(''));
  return `\n${lines.join('\n')}\n`;
}

function describeWhatFollows({ LOG_LEVEL, LOG_SAMPLE }: Config): string {
  const requests = LOG_SAMPLE < 1 ? 'some of the requests' : 'requests';
  const follows = ['info', 'debug'].includes(LOG_LEVEL) ? requests : `${LOG_LEVEL} lines alone`;
  return `Ctrl+C stops it; ${follows} follow`;
}

/** What to run when a model cannot be served. */
function describeFailures({ entries, config, hasCommands }: Started, paint: Paint): string[] {
  const failed = entries.filter(hasFailed).length;
  if (failed === 0) return [];
  const told = `${failed} of ${entries.length} cannot be served; the whole reason`;
  if (!hasCommands) return [`${told} is in GET /models`];
  const { MODEL_REPOSITORY: root } = config;
  const where = root === USUAL.repository ? '' : ` -- ${shellWord(root)}`;
  const command = paint('bold', `npm run models:check${where}`);
  return [`${told}: ${command}`];
}

/** Commands that ask the server, of models that say in their card what they can be asked. */
function suggest({ url, config, entries, defaultModel, hasCommands }: Started): string[] {
  const local = localUrl(url);
  const needsToken = config.API_TOKEN !== undefined;
  const models = entries
    .flatMap((entry) =>
      entry.state === 'READY' && entry.model.card?.examples ? [entry.model] : [],
    )
    .toSorted((a, b) => Number(b.name === defaultModel) - Number(a.name === defaultModel));
  const [first] = models;
  if (!first) return [`curl -s ${local}/models`];
  const at = new URL(local).port === USUAL.port ? '' : ` --url ${local}`;
  const which = first.name === defaultModel ? '' : ` --model ${first.name}`;
  const infer = `npm run infer${at || which ? ' --' : ''}${which}${at}`;
  const commands = models.map(({ name, card }) =>
    curlLines({ url: local, model: name, row: card?.examples?.[0], needsToken }),
  );
  const fitting = commands.find((lines) => lines.length > 1 && lines.every(fits));
  return [...(hasCommands ? [infer] : []), ...(fitting ?? [`curl -s ${local}/models`])];
}

const LABEL = 'metrics'.length + MARGIN.length;

function fits(line: string): boolean {
  return line.length <= COLUMNS - MARGIN.length - LABEL;
}

function wrapAll(items: readonly string[]): string[] {
  return wrapItems(items, COLUMNS - MARGIN.length - LABEL);
}

function label(rows: readonly (readonly [string, string])[], paint: Paint): string[] {
  return rows.flatMap(([name, text]) => labelLines(name, [text], paint));
}

/** Lines with a word before the first one. */
function labelLines(name: string, lines: readonly string[], paint: Paint): string[] {
  return lines.map((line, i) => `${paint('dim', (i === 0 ? name : '').padEnd(LABEL))}${line}`);
}
