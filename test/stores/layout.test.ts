import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareVersions } from '../../src/inference/store.ts';
import { ModelError } from '../../src/inference/types.ts';
import { arrange, type FileReader, listFiles, type StoredFile } from '../../src/stores/layout.ts';

type Contents = Readonly<Record<string, string>>;

/** The models of files in memory, and the places of the files that have been read, in order. */
function layOut(contents: Contents) {
  const reads: string[] = [];
  const text = ({ path }: StoredFile) => {
    reads.push(path);
    return contents[path] ?? '';
  };
  const files = Object.entries(contents).map(([path, { length }]) => {
    return { path, tag: '1', bytes: length };
  });
  const models = arrange(files, {
    bytes: async (file) => new TextEncoder().encode(text(file)),
    json: async (file) => JSON.parse(text(file)),
  });
  return { models, reads };
}

/** The files that are read for every version, or the reason why it cannot be read; and the place of every card. */
async function readAll(contents: Contents) {
  const { models, reads } = layOut(contents);
  const found: Record<string, readonly string[] | string> = {};
  for (const { name, card, versions } of models) {
    if (card) found[`${name} card`] = card.path;
    for (const { version, read } of versions) {
      const reason = await read().then(() => undefined, messageOf);
      found[`${name} v${version}`] = reason ?? reads.splice(0);
    }
  }
  return found;
}

function messageOf(error: unknown): string {
  if (error instanceof ModelError && error.fault === 'unreadable') return error.message;
  throw error;
}

/** Files in which nothing is. */
const empty = (...paths: string[]): Contents =>
  Object.fromEntries(paths.map((path) => [path, path.endsWith('.json') ? '{}' : '']));

const NO_GRAPH = 'there is no model.onnx in its folder; the graph has to have that name';
const names = (contents: Contents) => layOut(contents).models.map(({ name }) => name);

/** For files of which only tags matter. */
const unread: FileReader = {
  bytes: () => Promise.reject(new Error('nothing is to be read')),
  json: () => Promise.reject(new Error('nothing is to be read')),
};

/** A SHA256SUMS of an own graph, of an own card, and of a file that is not there. */
const HASHES = ['model.onnx', 'model.json', 'notes.txt']
  .map((path) => `${'0'.repeat(64)}  ${path}\n`)
  .join('');

describe('a repository', () => {
  it.each<[string, string[], Record<string, readonly string[] | string>]>([
    [
      'a folder for each version, and a card',
      ['m/model.json', 'm/1/model.onnx', 'm/12/model.onnx'],
      { 'm card': 'm/model.json', 'm v1': ['m/1/model.onnx'], 'm v12': ['m/12/model.onnx'] },
    ],
    [
      'bare graphs',
      ['m.onnx', 'n-2.x_y.onnx'],
      { 'm v1': ['m.onnx'], 'n-2.x_y v1': ['n-2.x_y.onnx'] },
    ],
    [
      'a graph beside its card',
      ['m/model.json', 'm/model.onnx'],
      { 'm card': 'm/model.json', 'm v1': ['m/model.onnx'] },
    ],
    [
      'a graph beside folders of other versions, as version 1',
      ['m/model.onnx', 'm/2/model.onnx'],
      { 'm v1': ['m/model.onnx'], 'm v2': ['m/2/model.onnx'] },
    ],
    [
      'a folder of version 1 rather than a graph beside it',
      ['m/model.onnx', 'm/1/model.onnx'],
      { 'm v1': ['m/1/model.onnx'] },
    ],
    [
      'a folder of versions rather than a bare graph of its name',
      ['m.onnx', 'm/3/model.onnx'],
      { 'm v3': ['m/3/model.onnx'] },
    ],
    [
      'a bare graph beside a folder of its name that is no model',
      ['m.onnx', 'm/notes.txt'],
      { 'm v1': ['m.onnx'] },
    ],
    [
      'overrides and hashes beside the graph of a version',
      ['m/1/model.onnx', 'm/1/model.json', 'm/1/SHA256SUMS'],
      { 'm v1': ['m/1/model.onnx', 'm/1/SHA256SUMS', 'm/1/model.json'] },
    ],
    [
      'hashes beside a graph without a version',
      ['m/model.onnx', 'm/SHA256SUMS'],
      { 'm v1': ['m/model.onnx', 'm/SHA256SUMS'] },
    ],
    [
      'a graph of another name in the folder of a version, with the reason against it',
      ['m/1/net.onnx', 'm/2/model.onnx'],
      { 'm v1': NO_GRAPH, 'm v2': ['m/2/model.onnx'] },
    ],
    [
      'a graph of another name in the folder of a model, with the reason against it',
      ['m/net.onnx', 'm/model.json'],
      { 'm card': 'm/model.json', 'm v1': NO_GRAPH },
    ],
    [
      'a version without a graph, with the reason against it',
      ['m/7/notes.txt'],
      { 'm v7': NO_GRAPH },
    ],
    [
      'versions beside a graph of another name, which is no version',
      ['m/2/model.onnx', 'm/old.onnx'],
      { 'm v2': ['m/2/model.onnx'] },
    ],
  ])('may have %s', async (_, paths, expected) => {
    expect(await readAll(empty(...paths))).toEqual(expected);
  });

  it('may have external data beside any graph, and in folders beside that of a version', async () => {
    const graph = 'it has w.bin and parts/0/w.bin and model.onnx_data';
    const contents = {
      'bare.onnx': 'it has bare.data and w.bin',
      'bare.data': '',
      'w.bin': '',
      'loose/model.onnx': graph,
      'loose/w.bin': '',
      'loose/model.onnx_data': '',
      'm/4/model.onnx': graph,
      'm/4/w.bin': '',
      'm/4/parts/0/w.bin': '',
    };
    expect(await readAll(contents)).toEqual({
      // At the root its data begins with its name: everything else there is of others.
      'bare v1': ['bare.onnx', 'bare.data'],
      'loose v1': ['loose/model.onnx', 'loose/w.bin', 'loose/model.onnx_data'],
      'm v4': ['m/4/model.onnx', 'm/4/w.bin', 'm/4/parts/0/w.bin'],
    });
  });

  it('gives what it has read by its place from the graph', async () => {
    const { models } = layOut({
      'm/4/model.onnx': 'it has parts/w.bin',
      'm/4/parts/w.bin': 'weights',
      'm/4/model.json': '{"labels":["a"]}',
      'm/4/SHA256SUMS': HASHES,
    });
    const bytes = (text: string) => new TextEncoder().encode(text);
    expect(await models[0]?.versions[0]?.read()).toEqual({
      graph: bytes('it has parts/w.bin'),
      externalData: [{ path: 'parts/w.bin', data: bytes('weights') }],
      overrides: { labels: ['a'] },
      checksums: HASHES,
      alsoListed: [
        { path: 'model.json', data: bytes('{"labels":["a"]}') },
        { path: 'notes.txt', data: undefined },
      ],
    });
  });

  it('reads no file beside a graph that the graph does not name', async () => {
    const graph = 'it has größe/重み.bin and b.bin';
    const beside = { 'm/1/größe/重み.bin': '', 'm/1/größe/重.bin': '', 'm/1/a.bin': '' };
    expect(await readAll({ 'm/1/model.onnx': graph, ...beside })).toEqual({
      'm v1': ['m/1/model.onnx', 'm/1/größe/重み.bin'],
    });
  });

  it('may have versions that are too large for a number', () => {
    const versions = [
      '9007199254740993',
      '10',
      '9007199254740992',
      '9',
      '123456789012345678901234',
    ];
    const [model] = layOut(empty(...versions.map((each) => `m/${each}/model.onnx`))).models;
    const found = model?.versions.map(({ version }) => version) ?? [];
    expect(found.sort(compareVersions)).toEqual([
      '9',
      '10',
      '9007199254740992',
      '9007199254740993',
      '123456789012345678901234',
    ]);
  });

  it('lists models by name, whatever the order of their files', () => {
    const paths = [
      'b/1/model.onnx',
      'b/1/v.bin',
      'b/1/w.bin',
      'b/2/model.onnx',
      'b/model.json',
      'B.onnx',
      'a-b.onnx',
      'a.onnx',
      'z.bin',
      'y.bin',
    ];
    const summarise = (order: readonly string[]) =>
      layOut(empty(...order)).models.map(({ name, card, versions }) => {
        const tags = versions.map(
          ({ version, tag, graphBytes }) => `${version} ${graphBytes} ${tag}`,
        );
        return { name, card: card?.path, tags: tags.sort() };
      });
    expect(names(empty(...paths))).toEqual(['B', 'a', 'a-b', 'b']);
    const anyOrder = fc.shuffledSubarray(paths, { minLength: paths.length });
    fc.assert(
      fc.property(anyOrder, (order) => {
        expect(summarise(order)).toEqual(summarise(paths));
      }),
    );
  });

  it.each([
    ['_private/1/model.onnx'],
    ['.git/1/model.onnx'],
    ['-m/model.onnx'],
    ['my model/1/model.onnx'],
    ['größe.onnx'],
    ['.onnx'],
    ['.m.onnx'],
    ['a b.onnx'],
    ['/1/model.onnx'],
  ])('passes over what is no name of a model: %s', (path) => {
    expect(names(empty(path, 'm.onnx'))).toEqual(['m']);
  });

  it.each([
    ['README.md'],
    ['model.json'],
    ['m.json'],
    ['docs/index.html'],
    ['m/model.json'],
    ['m/0/model.onnx'],
    ['m/01/model.onnx'],
    ['m/v1/model.onnx'],
    ['m/1.0/model.onnx'],
    ['m/-1/model.onnx'],
    ['m/checkpoints/1/model.onnx'],
    ['m/1'],
    ['m.ONNX'],
  ])('passes over what has nothing to do with a model: %s', (path) => {
    expect(names(empty(path))).toEqual([]);
  });
});

describe('a version as it is listed', () => {
  it('has the bytes of its graph', () => {
    const [model] = layOut({
      'm/model.json': '{"description": "long"}',
      'm/1/model.onnx': '12345',
      'm/1/w.bin': '678',
      'm/1/SHA256SUMS': '9',
      'm/2/model.onnx': '12',
    }).models;
    const sizes = model?.versions.map(({ version, graphBytes }) => [version, graphBytes]);
    expect(sizes).toEqual([
      ['1', 5],
      ['2', 2],
    ]);
  });

  it.each([
    ['m/1/model.onnx', ['1']],
    ['m/1/model.json', ['1']],
    ['m/1/parts/w.bin', ['1']],
    ['m/2/model.onnx', ['2']],
    ['m/model.json', ['1', '2']],
    ['n/1/model.onnx', []],
  ])('is changing while one of its files is: %s', (path, expected) => {
    const files = ['m/model.json', 'm/1/model.onnx', 'm/1/model.json', 'm/1/parts/w.bin']
      .concat('m/2/model.onnx', 'n/1/model.onnx')
      .map((each) => ({ path: each, tag: '', bytes: 1, changing: each === path }));
    const [model] = arrange(files, unread);
    const changing = model?.versions.filter((version) => version.changing) ?? [];
    expect(changing.map(({ version }) => version)).toEqual(expected);
  });

  it('has another tag exactly when one of its own files has changed, come or gone', () => {
    /** Places, with the version that each is of: none for a card, and for what is no part of a model. */
    const owners = {
      'm/1/model.onnx': 'm v1',
      'm/1/model.json': 'm v1',
      'm/1/SHA256SUMS': 'm v1',
      'm/1/parts/w.bin': 'm v1',
      'm/12/model.onnx': 'm v12',
      'm/12/w.bin': 'm v12',
      'm/model.json': undefined,
      'm/notes.txt': undefined,
      'loose/model.onnx': 'loose v1',
      'loose/w.bin': 'loose v1',
      'loose/other.onnx': undefined,
      'loose/model.json': undefined,
      'loose/2/model.onnx': 'loose v2',
      'bare.onnx': 'bare v1',
      'other.onnx': 'other v1',
      'docs/index.html': undefined,
    } as const;
    const paths = Object.keys(owners) as (keyof typeof owners)[];
    const graphs: readonly string[] = paths.filter((path) => {
      return owners[path] !== undefined && path.endsWith('.onnx');
    });
    /** A tag for each place, or none where nothing is there; graphs always are. */
    const state = fc.record(
      Object.fromEntries(
        paths.map((path) => {
          const tag = fc.constantFrom('a', 'b');
          return [path, graphs.includes(path) ? tag : fc.option(tag, { nil: undefined })];
        }),
      ),
    );
    const tagsOf = (tags: Record<string, string | undefined>) => {
      const files = Object.entries(tags).flatMap(([path, tag]) => {
        return tag === undefined ? [] : [{ path, tag, bytes: 1 }];
      });
      return new Map(
        arrange(files, unread).flatMap(({ name, versions }) => {
          return versions.map(({ version, tag }) => [`${name} v${version}`, tag] as const);
        }),
      );
    };
    fc.assert(
      fc.property(state, state, (before, after) => {
        const [old, now] = [tagsOf(before), tagsOf(after)];
        const versions = [...new Set(Object.values(owners))].filter((each) => each !== undefined);
        expect([...old.keys()].sort()).toEqual(versions.sort());
        const changed = versions.filter((version) => old.get(version) !== now.get(version));
        const expected = versions.filter((version) => {
          return paths.some((path) => owners[path] === version && before[path] !== after[path]);
        });
        expect(changed).toEqual(expected);
      }),
    );
  });
});

describe('the files that a model is made of', () => {
  it('go with each graph after all that belongs to it, and all hashes first', async () => {
    const graph = 'it has w.bin and parts/w.bin';
    const [model] = layOut({
      'm/2/parts/w.bin': '',
      'm/2/unused.bin': '',
      'm/2/w.bin': '',
      'm/2/model.onnx': graph,
      'm/2/model.json': '{}',
      'm/2/SHA256SUMS': '',
      'm/model.onnx': graph,
      'm/w.bin': '',
      'm/model.json': '{}',
      'm/README.md': '',
    }).models;
    expect(model && (await listFiles(model))).toEqual([
      'm/2/SHA256SUMS',
      'm/model.json',
      'm/2/model.json',
      'm/2/parts/w.bin',
      'm/2/w.bin',
      'm/2/model.onnx',
      'm/w.bin',
      'm/model.onnx',
    ]);
  });

  it('are the graph and its data for one without a folder', async () => {
    const { models } = layOut({ 'm.onnx': 'it has m.bin', 'm.bin': '', 'README.md': '' });
    expect(models[0] && (await listFiles(models[0]))).toEqual(['m.bin', 'm.onnx']);
  });

  it('cannot be listed while there is no graph', async () => {
    const [model] = layOut(empty('m/1/net.onnx')).models;
    await expect(model && listFiles(model)).rejects.toThrow(NO_GRAPH);
  });
});
