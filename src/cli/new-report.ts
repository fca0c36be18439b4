import type { Config } from '../config.ts';
import { formatShape } from '../inference/tensor.ts';
import type { TensorSpec } from '../inference/types.ts';
import { servedVersions } from '../inference/version-policy.ts';
import { count, formatBytes } from '../quantities.ts';
import { curlLines } from '../terminal/curl.ts';
import { shellWord } from '../terminal/text.ts';
import type { PreparedModel } from './prepare-model.ts';

/** Where the server and the commands look for models without a setting. */
const USUAL_ROOT = './model';

/** A thing, and what is to be said of it. */
type Row = readonly [thing: string, said: string];

/**
 * What `npm run models:new` tells a person: what there is now, and what to do next.
 *
 * @param bundle what was done for the Worker; undefined where nothing had to be
 */
export function describeNewModel(
  model: PreparedModel,
  bundle: string | undefined,
  config: Config,
): string {
  const { name, version } = model.place;
  const url = `http://localhost:${config.PORT || 8000}`;
  const needsToken = config.API_TOKEN !== undefined;
  return [
    `${name} v${version} loads and runs`,
    ...model.inputs.map((spec) => `  input   ${formatSpec(spec)}`),
    ...model.outputs.map((spec) => `  output  ${formatSpec(spec)}`),
    'what there is now',
    ...align(listFiles(model, bundle)),
    ...noteUnserved(model),
    ...noteUnnamed(model),
    'next',
    ...align(listCommands(model)),
    'and ask it',
    ...curlLines({ url, model: name, row: model.row, needsToken }).map((line) => `  ${line}`),
  ].join('\n');
}

function formatSpec({ name, datatype, shape }: TensorSpec): string {
  return `${name} ${datatype} ${formatShape(shape)}`;
}

function listFiles(model: PreparedModel, bundle: string | undefined): Row[] {
  const { place, files, bytes } = model;
  const folder = `${place.root}/${place.name}/${place.version}`;
  return [
    [`${folder}/${files.join(', ')}`, formatBytes(bytes)],
    [cardPathOf(model), describeCard(model)],
    ...(bundle === undefined ? [] : [['src/stores/bundle.ts', bundle] satisfies Row]),
  ];
}

function describeCard({ card, cardIs, why }: PreparedModel): string {
  if (cardIs === 'as it was') return card ? 'is left as it was' : 'none, as before';
  if (!card) return `none: ${why}`;
  return `${card.task} by ${Object.values(card.outputs).join(' and ')}, to fill in`;
}

function listCommands(model: PreparedModel): Row[] {
  const { place, card, cardIs, isMadeUp } = model;
  const { root, name } = place;
  const where = root === USUAL_ROOT ? '' : `MODEL_REPOSITORY=${shellWord(root)} `;
  const edit: Row = [`edit ${cardPathOf(model)}`, describeBlanks(model)];
  const examples: Row[] = isMadeUp
    ? [['', 'and put real rows into its "examples": the one there is made up']]
    : [];
  const data = `--model ${name} --data data.csv`;
  const profile: Row = [
    `${where}npm run models:profile -- ${data}`,
    'for drift, from training data',
  ];
  return [
    ...(cardIs === 'new' ? [edit, ...examples] : []),
    [`${where}npm run models:check`, 'whether all can be served'],
    [`${where}npm start`, 'serves it'],
    ...(card?.features ? [profile] : []),
  ];
}

/** What a person knows and a graph does not. */
function describeBlanks({ card }: PreparedModel): string {
  const { features = [] } = card ?? {};
  const labels = card?.task === 'classification' ? card.labels : [];
  const blanks = [
    ...(features[0]?.name === 'feature 1' ? [count(features.length, 'feature')] : []),
    ...(labels.includes('class 0') ? [count(labels.length, 'label')] : []),
  ];
  return blanks.length === 0 ? 'a description' : `name ${blanks.join(' and ')}`;
}

/** A card may say which versions are served, and leave this one out. */
function noteUnserved({ card, place }: PreparedModel): string[] {
  const { name, version } = place;
  if (servedVersions(card, [version]).includes(version)) return [];
  return [`  note: "serve" in the card of ${name} does not ask for version ${version}`];
}

/** A column may have lost its name, where whoever wrote the file does not think of an index. */
function noteUnnamed({ unnamed }: PreparedModel): string[] {
  if (unnamed === 0) return [];
  return [`  note: ${count(unnamed, 'column')} of --data without a name left out`];
}

function cardPathOf({ place: { root, name } }: PreparedModel): string {
  return `${root}/${name}/model.json`;
}

function align(rows: readonly Row[]): string[] {
  const width = Math.max(...rows.map(([thing]) => thing.length));
  return rows.map(([thing, said]) => `  ${thing.padEnd(width)}  ${said}`);
}
