import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { expect } from 'vitest';
import type { ModelFault } from '../../src/inference/types.ts';
import { readGolden } from './golden.ts';
import { shippedCard, shippedGraph } from './store.ts';

/**
 * One repository of models that work and models that do not, one for each way in which a model can be broken: what is
 * wrong with one must neither keep the others from being served nor change what they answer.
 */

/** A file of a repository: its place below the root, and what is in it. */
export type RepositoryFile = readonly [path: string, content: Uint8Array | string];

interface PlacedModel {
  readonly name: string;
  readonly version: string;
  readonly files: readonly RepositoryFile[];
}

export interface GoodModel extends PlacedModel {
  /** Rows to ask it for. */
  readonly instances: readonly unknown[];
  /** What it has to say of each, for `toEqual`. */
  readonly predictions: readonly unknown[];
}

export interface BrokenModel extends PlacedModel {
  readonly fault: ModelFault;
  readonly reason: RegExp;
}

/** All of them, as files to put into a store of whatever kind. */
export function brokenRepository() {
  const good = goodModels();
  const broken = [...brokenGraphs(), ...brokenData(), ...brokenCards(), ...brokenOverrides()];
  return {
    files: [...good, ...broken].flatMap(({ files }) => files),
    good,
    /** In the order of /readyz. */
    broken: broken.sort((a, b) => (a.name < b.name ? -1 : 1)),
  };
}

/** Files of a model by their place in its folder. */
type Files = Readonly<Record<string, Uint8Array | string>>;

const inFolder = (name: string, files: Files) =>
  Object.entries(files).map(([path, content]) => [`${name}/${path}`, content] as const);

const testModel = (file: string) => new Uint8Array(readFileSync(`test/models/${file}`));
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const json = (value: unknown) => JSON.stringify(value);
const near = (value: number) => expect.closeTo(value, 5);

const text = testModel('text.onnx');
const shipped = shippedGraph('breast-cancer');
/** A product with a matrix that lies in a file of its own. */
const external = testModel('external.onnx');
const matrix = testModel('external.onnx.data');
const ZEROS = '0'.repeat(64);

function goodModels(): GoodModel[] {
  const good = (
    name: string,
    files: Files,
    answers: Pick<GoodModel, 'instances' | 'predictions'>,
  ) => ({ name, version: '1', files: inFolder(name, files), ...answers }) satisfies GoodModel;
  const dataName = 'external.onnx.data';
  const sums = `${sha256(external)}  model.onnx\n${sha256(matrix)} *${dataName}\n`;
  return [
    good(
      'breast-cancer',
      { 'model.json': json(shippedCard('breast-cancer')), '1/model.onnx': shipped },
      malignantAndBenign(),
    ),
    {
      name: 'cnn',
      version: '1',
      files: [['cnn.onnx', testModel('cnn.onnx')]],
      instances: [IMAGE, IMAGE],
      predictions: [1, 2].map(() => ({ probabilities: OF_IMAGE.map(near) })),
    },
    good(
      'text',
      { 'model.onnx': text },
      { instances: ['Oslo', '東京', ''], predictions: [{ y: 'Oslo' }, { y: '東京' }, { y: '' }] },
    ),
    good(
      'external',
      { '1/model.onnx': external, [`1/${dataName}`]: matrix, '1/SHA256SUMS': sums },
      rowsOfMatrix(1),
    ),
    // A file of the same name, of which nothing must be left over from the model before.
    good(
      'external-doubled',
      { '1/model.onnx': external, [`1/${dataName}`]: doubled(matrix) },
      rowsOfMatrix(2),
    ),
    good(
      'external-nested',
      {
        '1/model.onnx': renamed(external, dataName, 'weights/matrix.bin'),
        '1/weights/matrix.bin': matrix,
      },
      rowsOfMatrix(1),
    ),
    // Its second version is broken.
    good('half-good', { '1/model.onnx': text }, { instances: ['a'], predictions: [{ y: 'a' }] }),
  ];
}

/** Every held-out row of the shipped classifier. */
function malignantAndBenign() {
  const { rows, label = [], probabilities = [] } = readGolden('breast-cancer');
  const predictions = rows.map((_, row) => {
    const [malignant = Number.NaN, benign = Number.NaN] = probabilities[row] ?? [];
    return {
      label: label[row],
      probabilities: { malignant: near(malignant), benign: near(benign) },
    };
  });
  return { instances: rows, predictions };
}

/** An image of a pattern that repeats every seven pixels, and what onnx.reference.ReferenceEvaluator makes of it. */
const IMAGE = [
  Array.from({ length: 28 }, (_, y) =>
    Array.from({ length: 28 }, (_, x) => ((y * 28 + x) % 7) / 7),
  ),
];
const OF_IMAGE = [
  1.5311796e-2, 4.4249292e-3, 2.4933418e-6, 1.3328393e-1, 8.1733775e-1, 6.0876473e-3, 1.1545147e-3,
  2.1777986e-2, 5.7025254e-4, 4.8579313e-5,
];

/** The matrix counts from 0 by `step`, four values to a row. */
function rowsOfMatrix(step: number) {
  const row = (first: number) => ({ y: [0, 1, 2, 3].map((i) => (first + i) * step) });
  const instances = [
    [1, 0, 0, 0],
    [0, 0, 0, 1],
  ];
  return { instances, predictions: [row(0), row(12)] };
}

function doubled(floats: Uint8Array): Uint8Array {
  const values = new Float32Array(floats.slice().buffer).map((value) => value * 2);
  return new Uint8Array(values.buffer);
}

/** A graph that names a file otherwise; a name of the same length leaves the rest of it as it is. */
function renamed(graph: Uint8Array, from: string, to: string): Uint8Array {
  const bytes = Buffer.from(graph);
  bytes.write(to, bytes.indexOf(from));
  return new Uint8Array(bytes);
}

function broken(name: string, fault: ModelFault, reason: RegExp, files: Files): BrokenModel {
  return { name, version: '1', files: inFolder(name, files), fault, reason };
}

/** Graphs that cannot be loaded, or are not there. */
function brokenGraphs(): BrokenModel[] {
  const refused = (name: string, reason: RegExp, graph: Uint8Array | string) =>
    broken(name, 'bad_graph', reason, { '1/model.onnx': graph });
  const unsupported = (name: string, reason: RegExp) =>
    broken(name, 'unsupported', reason, { '1/model.onnx': testModel(`${name}.onnx`) });
  const unparsable = /^ONNX Runtime cannot load the graph: .*protobuf parsing failed/;
  const noGraph = /^there is no model\.onnx in its folder; the graph has to have that name$/;
  const pointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${ZEROS}\nsize 97\n`;
  const second = broken('half-good', 'bad_graph', unparsable, {
    '2/model.onnx': shipped.slice(0, 500),
  });
  return [
    refused('cut-early', unparsable, shipped.slice(0, 5)),
    refused('cut-midway', unparsable, shipped.slice(0, shipped.length / 2)),
    refused('cut-late', unparsable, shipped.slice(0, -1)),
    { ...second, version: '2' },
    refused('empty', /^ONNX Runtime cannot load the graph: .*No graph was found/, ''),
    refused('git-lfs', unparsable, pointer),
    refused('html', unparsable, '<!doctype html><title>404 Not Found</title>'),
    refused(
      'unknown-operator',
      /^ONNX Runtime cannot load the graph: .*No Op registered for Transmogrify/,
      testModel('unknown-operator.onnx'),
    ),
    refused(
      'future-opset',
      /^ONNX Runtime cannot load the graph: .*Opset 99 .* support for domain ai\.onnx is till opset/,
      testModel('future-opset.onnx'),
    ),
    unsupported('sequence', /^output 'rows' is a sequence or map, not a tensor/),
    unsupported(
      'zipmap',
      /^output 'output_probability' is a sequence or map, not a tensor; of a scikit-learn classifier, export it without ZipMap \(to_onnx\(\.\.\., options=\{"zipmap": False\}\)\)$/,
    ),
    broken('other-name', 'unreadable', noGraph, { '1/net.onnx': text }),
    broken('no-version', 'unreadable', noGraph, { 'net.onnx': text }),
  ];
}

/** Files beside the graph that are missing, or not those that they should be. */
function brokenData(): BrokenModel[] {
  const withData = (name: string, files: Files) =>
    broken(name, 'bad_graph', /^ONNX Runtime cannot load the graph: .*external\.onnx\.data/, {
      '1/model.onnx': external,
      ...files,
    });
  const withSums = (name: string, sums: string, fault: ModelFault, reason: RegExp) =>
    broken(name, fault, reason, {
      '1/model.onnx': external,
      '1/external.onnx.data': matrix,
      '1/SHA256SUMS': sums,
    });
  const [ofGraph, ofShipped] = [sha256(external), sha256(shipped)];
  return [
    // One comes before those that have a file of that name, and one after them.
    withData('data-missing', {}),
    withData('no-data', { '1/matrix.bin': matrix }),
    withData('short-data', { '1/external.onnx.data': matrix.slice(0, 32) }),
    broken(
      'other-graph',
      'wrong_hash',
      new RegExp(`^its SHA-256 is ${ofShipped}, the card says [0-9a-f]{64}$`),
      {
        'model.json': json(shippedCard('digits', { name: 'other-graph' })),
        '1/model.onnx': shipped,
      },
    ),
    withSums(
      'other-sum',
      `${ZEROS}  model.onnx\n`,
      'wrong_hash',
      new RegExp(`^its SHA-256 is ${ofGraph}, SHA256SUMS says ${ZEROS}$`),
    ),
    withSums(
      'other-data',
      `${ofGraph}  model.onnx\n${ZEROS}  external.onnx.data\n`,
      'wrong_hash',
      /^external\.onnx\.data is not the file whose hash SHA256SUMS gives$/,
    ),
    withSums(
      'odd-sums',
      `${ofGraph}  model.onnx\nabc  external.onnx.data\n`,
      'unreadable',
      /^SHA256SUMS, line 2: expected a hash, two spaces and a file$/,
    ),
  ];
}

/** Cards that are none, or contradict the graph, or whose example fails. */
function brokenCards(): BrokenModel[] {
  const withCard = (name: string, card: string, reason: RegExp, fault: ModelFault = 'bad_card') =>
    broken(name, fault, reason, { 'model.json': card, '1/model.onnx': shipped });
  const changed = (name: string, changes: Record<string, unknown>, reason: RegExp) =>
    withCard(name, json(shippedCard('breast-cancer', { name, ...changes })), reason);
  const one = { features: [{ name: 'a' }], examples: undefined, reference: undefined };
  const absent = changed(
    'absent',
    { serve: [7] },
    /^the card serves version 7, which is not there$/,
  );
  const failing = { name: 'failing-example', task: 'regression', outputs: { value: 'value' } };
  return [
    withCard('cut-card', '{"name": "cut-card", "tas', /^model\.json is not JSON: /, 'unreadable'),
    withCard('list-card', '[]', /^the model card is wrong: /),
    withCard(
      'other-model',
      json(shippedCard('breast-cancer')),
      /^the card is of 'breast-cancer', its folder is 'other-model'$/,
    ),
    changed('odd-key', { labls: [] }, /^the model card is wrong: .*labls/),
    changed('odd-serve', { serve: 'new' }, /^the model card is wrong: serve: expected "all", /),
    changed('few-labels', { labels: ['yes'] }, /^the card has 1 labels, the graph gives 2 prob/),
    changed('few-features', one, /^the card names 1 features, the graph takes 30$/),
    changed(
      'no-output',
      { outputs: { label: 'class' } },
      /^the card names output 'class', the graph has 'label', 'probabilities'$/,
    ),
    changed(
      'short-example',
      { examples: [[1, 2]] },
      /^the card's examples are not what the model takes: .*30 features per row, row 0 has 2$/,
    ),
    { ...absent, version: '7', fault: 'unreadable' },
    broken(
      'failing-example',
      'failed_run',
      /^the model fails on the first example of its card: .*indices element out of data bounds/,
      {
        'model.json': json({ ...failing, examples: [[99]] }),
        '1/model.onnx': testModel('lookup.onnx'),
      },
    ),
    broken(
      'two-rows-or-none',
      'failed_run',
      /^the model fails on the first example of its card: input 'x': expected shape \[2, 3\], got \[1, 3\]$/,
      {
        'model.json': json({
          ...{ name: 'two-rows-or-none', task: 'regression', outputs: { value: 'y' } },
          examples: [[1, 2, 3]],
        }),
        '1/model.onnx': testModel('fixed.onnx'),
      },
    ),
  ];
}

/** A good card, and what the version has of its own makes it a wrong one. */
function brokenOverrides(): BrokenModel[] {
  const overridden = (name: string, overrides: string, fault: ModelFault, reason: RegExp) =>
    broken(name, fault, reason, {
      'model.json': json(shippedCard('breast-cancer', { name })),
      '1/model.onnx': shipped,
      '1/model.json': overrides,
    });
  return [
    overridden('cut-override', '{"labels": [', 'unreadable', /^model\.json is not JSON: /),
    overridden('list-override', '[]', 'bad_card', /^the version's model\.json is no object$/),
    overridden(
      'odd-override',
      '{"labels": ["yes"]}',
      'bad_card',
      /^the card has 1 labels, the graph gives 2 probabilities$/,
    ),
    overridden(
      'serve-override',
      '{"serve": "all"}',
      'bad_card',
      /^the model card is wrong: serve: is of the model's card, not of a version's$/,
    ),
  ];
}
