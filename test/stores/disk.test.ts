import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { EmptyRepositoryError } from '../../src/inference/store.ts';
import { ModelError } from '../../src/inference/types.ts';
import { DiskStore } from '../../src/stores/disk.ts';
import { listFiles } from '../../src/stores/layout.ts';

/** A SHA256SUMS of whatever graph that is. */
const HASHES = `${'0'.repeat(64)}  model.onnx\n`;

const roots: string[] = [];

afterEach(() => {
  for (const root of roots.splice(0)) rmSync(root, { recursive: true, force: true });
});

/** A directory of its own, with these files; and a store on it whose clock stands until it is moved. */
function createRepository(files: Readonly<Record<string, string>> = {}) {
  const root = mkdtempSync(join(tmpdir(), 'kilat-disk-'));
  roots.push(root);
  const clock = { now: 0 };
  // By its clock everything was written long ago.
  const store = new DiskStore(root, {
    now: () => clock.now,
    wallTime: () => Date.now() + 1e6,
    sleep: async () => {},
  });
  const at = (path: string) => join(root, path);
  const write = (path: string, content = '') => {
    mkdirSync(dirname(at(path)), { recursive: true });
    writeFileSync(at(path), content);
  };
  const link = (path: string, target: string) => {
    mkdirSync(dirname(at(path)), { recursive: true });
    symlinkSync(target, at(path));
  };
  for (const [path, content] of Object.entries(files)) write(path, content);
  /** Whether each version is still being written, as it looks at that time. */
  const changingAt = async (now: number) => {
    clock.now = now;
    const models = await store.list();
    return Object.fromEntries(
      models.flatMap(({ name, versions }) =>
        versions.map(({ version, changing }) => [`${name} v${version}`, changing]),
      ),
    );
  };
  const first = async () => {
    const [model] = await store.list();
    const version = model?.versions[0];
    if (!model || !version) throw new Error('there is no model');
    return { ...model, version };
  };
  return { root, store, at, write, link, changingAt, first };
}

/** What there is of a version: text of its files, or the reason why they cannot be read. */
async function contentsOf(store: DiskStore) {
  const text = (data: Uint8Array) => new TextDecoder().decode(data);
  const found: Record<string, unknown> = {};
  for (const { name, card, versions } of await store.list()) {
    if (card) found[`${name} card`] = await card.read();
    for (const { version, read } of versions) {
      found[`${name} v${version}`] = await read().then(
        ({ graph, externalData, overrides, checksums }) => ({
          graph: text(graph),
          ...(externalData.length > 0 && {
            data: externalData.map(({ path, data }) => `${path}: ${text(data)}`),
          }),
          ...(overrides !== undefined && { overrides }),
          ...(checksums !== undefined && { checksums }),
        }),
        (error: Error) => error.message,
      );
    }
  }
  return found;
}

describe('a directory of models', () => {
  it('is read in every form of layout', async () => {
    const { store, root } = createRepository({
      'README.md': '# Models',
      'bare.onnx': 'bare graph',
      'docs/index.html': '',
      'folders/model.json': '{"name":"folders"}',
      'folders/2/model.onnx': 'second graph with parts/0/w.bin',
      'folders/2/parts/0/w.bin': 'weights',
      'folders/2/parts/0/unused.bin': '',
      'folders/10/model.onnx': 'tenth graph',
      'folders/10/model.json': '{"labels":["a"]}',
      'folders/10/SHA256SUMS': HASHES,
      'folders/drafts/3/model.onnx': '',
      'loose/model.json': '{"name":"loose"}',
      'loose/model.onnx': 'loose graph with w.data',
      'loose/w.data': 'loose weights',
      'loose/2/model.onnx': 'its second graph',
      'misnamed/net.onnx': '',
      '_private/1/model.onnx': '',
      '.hidden/1/model.onnx': '',
      '.hidden.onnx': '',
    });
    expect(await contentsOf(store)).toEqual({
      'bare v1': { graph: 'bare graph' },
      'folders card': { name: 'folders' },
      'folders v10': { graph: 'tenth graph', overrides: { labels: ['a'] }, checksums: HASHES },
      'folders v2': {
        graph: 'second graph with parts/0/w.bin',
        data: ['parts/0/w.bin: weights'],
      },
      'loose card': { name: 'loose' },
      'loose v1': { graph: 'loose graph with w.data', data: ['w.data: loose weights'] },
      'loose v2': { graph: 'its second graph' },
      'misnamed v1': 'there is no model.onnx in its folder; the graph has to have that name',
    });
    const models = await new DiskStore(`${root}/`).list();
    const folders = models.find(({ name }) => name === 'folders');
    const files = folders && (await listFiles(folders));
    expect(files?.toSorted()).toEqual([
      'folders/10/SHA256SUMS',
      'folders/10/model.json',
      'folders/10/model.onnx',
      'folders/2/model.onnx',
      'folders/2/parts/0/w.bin',
      'folders/model.json',
    ]);
  });

  it('has the bytes of a version, and another tag when they are others', async () => {
    const { at, first } = createRepository({
      'm/1/model.onnx': '12345',
      'm/1/w.bin': '678',
      'm/1/.w.bin.part': '90',
      'm/model.json': '{}',
    });
    const { version, card } = await first();
    expect(version.graphBytes).toBe(5);
    const again = await first();
    expect([again.version.tag, again.card?.tag]).toEqual([version.tag, card?.tag]);

    appendFileSync(at('m/1/.w.bin.part'), 'more');
    expect((await first()).version.tag).toBe(version.tag);
    appendFileSync(at('m/model.json'), ' ');
    const other = await first();
    expect(other.version.tag).toBe(version.tag);
    expect(other.card?.tag).not.toBe(card?.tag);
    // As long as before, and written at another time.
    writeFileSync(at('m/1/w.bin'), '876');
    utimesSync(at('m/1/w.bin'), 0, 0);
    expect((await first()).version.tag).not.toBe(version.tag);
  });
});

describe('links', () => {
  it('to directories and files are followed', async () => {
    const elsewhere = createRepository({
      'model/1/model.onnx': 'one with w.bin',
      'model/1/w.bin': 'weights',
      'versions/7/model.onnx': 'seven',
      'blobs/abc': 'blob',
      'blobs/def': '{"name":"files"}',
    });
    const { store, link } = createRepository();
    link('folder', elsewhere.at('model'));
    link('version/3', elsewhere.at('versions/7'));
    link('files/1/model.onnx', elsewhere.at('blobs/abc'));
    link('files/model.json', elsewhere.at('blobs/def'));
    link('bare.onnx', elsewhere.at('blobs/abc'));
    link('dangling', elsewhere.at('none'));
    expect(await contentsOf(store)).toEqual({
      'bare v1': { graph: 'blob' },
      'files card': { name: 'files' },
      'files v1': { graph: 'blob' },
      'folder v1': { graph: 'one with w.bin', data: ['w.bin: weights'] },
      'version v3': { graph: 'seven' },
    });
  });

  it('that lead elsewhere from one moment to the next are a change, as in a volume of Kubernetes', async () => {
    const { at, link, store, first, changingAt } = createRepository({
      '..first/model.onnx': 'same',
      '..second/model.onnx': 'same',
    });
    link('..data', '..first');
    link('m/1', '../..data');
    const before = (await first()).version;
    link('..new', '..second');
    renameSync(at('..new'), at('..data'));
    await expect(before.read()).rejects.toThrow('model.onnx changed while it was read');
    expect((await first()).version.tag).not.toBe(before.tag);
    expect(await changingAt(499)).toEqual({ 'm v1': true });
    expect(await changingAt(500)).toEqual({ 'm v1': false });
    expect(await contentsOf(store)).toEqual({ 'm v1': { graph: 'same' } });
  });

  it('that lead in circles end', async () => {
    const { store, link, root } = createRepository({ 'm/1/model.onnx': 'graph' });
    link('m/1/version', '.');
    link('m/1/model', '..');
    link('m/model', '.');
    link('m/2', '..');
    link('all', root);
    link('itself', 'itself');
    link('m/1/itself', 'itself');
    expect(await contentsOf(store)).toEqual({
      'm v1': { graph: 'graph' },
      'm v2': 'there is no model.onnx in its folder; the graph has to have that name',
    });
  });
});

describe('a file that is being written', () => {
  it('is waited for by the first look, as far as it has just been touched', async () => {
    const root = mkdtempSync(join(tmpdir(), 'kilat-disk-'));
    roots.push(root);
    writeFileSync(join(root, 'm.onnx'), 'gra');
    const touched = Date.now();
    const waits: number[] = [];
    let now = 0;
    const store = new DiskStore(root, {
      now: () => now,
      wallTime: () => touched + now,
      sleep: async (ms) => {
        waits.push(ms);
        now += ms;
        // Somebody goes on writing, once.
        if (waits.length === 1) writeFileSync(join(root, 'm.onnx'), 'graph');
      },
    });
    const [model] = await store.list();
    expect(waits.length).toBeGreaterThan(0);
    expect(waits.reduce((sum, ms) => sum + ms, 0)).toBeLessThan(6000);
    expect(new TextDecoder().decode((await model?.versions[0]?.read())?.graph)).toBe('graph');
  });

  it('is left alone as a whole while its card is away', async () => {
    const { changingAt, at } = createRepository({ 'm/model.json': '{}', 'm/1/model.onnx': '' });
    expect(await changingAt(0)).toEqual({ 'm v1': false });
    rmSync(at('m/model.json'));
    expect(await changingAt(1000)).toEqual({ 'm v1': true });
    expect(await changingAt(1500)).toEqual({ 'm v1': false });
  });

  it('is taken as it is by the first look', async () => {
    const { changingAt } = createRepository({ 'm/1/model.onnx': 'gra' });
    expect(await changingAt(0)).toEqual({ 'm v1': false });
  });

  it('is left alone until it has looked the same for half a second', async () => {
    const { changingAt, write, at } = createRepository({ 'm/1/model.onnx': '' });
    await changingAt(0);
    write('m/2/model.onnx', 'gra');
    // A model settles as a whole: a card may belong to the graph beside it.
    expect(await changingAt(100)).toEqual({ 'm v1': true, 'm v2': true });
    appendFileSync(at('m/2/model.onnx'), 'ph');
    expect(await changingAt(599)).toEqual({ 'm v1': true, 'm v2': true });
    expect(await changingAt(600)).toEqual({ 'm v1': true, 'm v2': true });
    expect(await changingAt(1098)).toEqual({ 'm v1': true, 'm v2': true });
    expect(await changingAt(1099)).toEqual({ 'm v1': false, 'm v2': false });
    appendFileSync(at('m/1/model.onnx'), 'more');
    expect(await changingAt(2000)).toEqual({ 'm v1': true, 'm v2': true });
    expect(await changingAt(9000)).toEqual({ 'm v1': false, 'm v2': false });
  });

  it.each(['w.bin', 'parts/w.bin', 'SHA256SUMS', 'model.json'])(
    'is of its version, whatever it is: %s',
    async (name) => {
      const { changingAt, write } = createRepository({ 'm/1/model.onnx': '' });
      await changingAt(0);
      write(`m/1/${name}`);
      expect(await changingAt(1)).toEqual({ 'm v1': true });
      expect(await changingAt(501)).toEqual({ 'm v1': false });
    },
  );

  it('is one also in a directory that was empty at first, or has been gone meanwhile', async () => {
    const { changingAt, write, at } = createRepository();
    await expect(changingAt(0)).rejects.toThrow(EmptyRepositoryError);
    write('m/1/model.onnx');
    expect(await changingAt(1)).toEqual({ 'm v1': true });
    expect(await changingAt(501)).toEqual({ 'm v1': false });
    renameSync(at('m/1/model.onnx'), at('aside'));
    await expect(changingAt(502)).rejects.toThrow(EmptyRepositoryError);
    renameSync(at('aside'), at('m/1/model.onnx'));
    expect(await changingAt(503)).toEqual({ 'm v1': true });
  });
});

describe('a file that is not what it was when it was listed', () => {
  const files = {
    'm/1/model.onnx': 'graph with w.bin',
    'm/1/w.bin': 'weights',
    'm/1/model.json': '{}',
    'm/1/SHA256SUMS': '',
    'm/model.json': '{}',
  };
  const names = [
    ['model.onnx', 'm/1/model.onnx'],
    ['w.bin', 'm/1/w.bin'],
    ['model.json', 'm/1/model.json'],
    ['SHA256SUMS', 'm/1/SHA256SUMS'],
    ['model.json', 'm/model.json'],
  ] as const;

  /** The failure to read what has been listed before. */
  async function refusal(path: string, change: (place: string) => void) {
    const { first, at } = createRepository(files);
    const { version, card } = await first();
    change(at(path));
    const read = path === 'm/model.json' ? card?.read() : version.read();
    const error: unknown = await read?.catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ModelError);
    expect(error).toHaveProperty('fault', 'unreadable');
    return (error as ModelError).message;
  }

  it.each(names)('is refused when it has been written to: %s, %s', async (name, path) => {
    const message = await refusal(path, (place) => appendFileSync(place, ' '));
    expect(message).toBe(`${name} changed while it was read`);
  });

  it.each(names)('is refused when another has its name: %s, %s', async (name, path) => {
    const message = await refusal(path, (place) => {
      writeFileSync(`${place}.new`, files[path]);
      renameSync(`${place}.new`, place);
    });
    expect(message).toBe(`${name} changed while it was read`);
  });

  it.each(names)('is refused when it is gone: %s, %s', async (name, path) => {
    expect(await refusal(path, (place) => rmSync(place))).toBe(`cannot read ${name}: ENOENT`);
  });

  it('is refused when it is no file any more', async () => {
    const replace = (make: (place: string) => void) => (place: string) => {
      rmSync(place);
      make(place);
    };
    const path = 'm/1/model.onnx';
    expect(
      await refusal(
        path,
        replace((place) => mkdirSync(place)),
      ),
    ).toBe('cannot read model.onnx: EISDIR');
    expect(
      await refusal(
        path,
        replace((place) => symlinkSync('model.onnx', place)),
      ),
    ).toBe('cannot read model.onnx: ELOOP');
  });

  it.skipIf(process.getuid?.() === 0)('is refused when it must not be read', async () => {
    expect(await refusal('m/1/model.onnx', (place) => chmodSync(place, 0))).toBe(
      'cannot read model.onnx: EACCES',
    );
  });
});

describe('JSON that is none', () => {
  it.each(['m/model.json', 'm/1/model.json'])('is refused: %s', async (path) => {
    const { first, root } = createRepository({ 'm/1/model.onnx': '', [path]: '{"name": "m",' });
    const { version, card } = await first();
    const error: unknown = await (card ?? version).read().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ModelError);
    expect(error).toMatchObject({
      fault: 'unreadable',
      message: expect.stringMatching(/^model\.json is not JSON: ./),
    });
    expect((error as ModelError).message).not.toContain(root);
  });
});

describe('a directory without models', () => {
  it.each<[string, (repository: ReturnType<typeof createRepository>) => void]>([
    ['is empty', () => {}],
    ['has other things', ({ write }) => write('docs/index.html')],
    ['is missing', ({ root }) => rmSync(root, { recursive: true })],
    [
      'is a file',
      ({ root }) => {
        rmSync(root, { recursive: true });
        writeFileSync(root, '');
      },
    ],
  ])('says what to do when it %s', async (_, change) => {
    const repository = createRepository();
    change(repository);
    const listing = repository.store.list();
    await expect(listing).rejects.toThrow(EmptyRepositoryError);
    await expect(listing).rejects.toThrow(
      `no models in ${repository.root}: put one at <name>/1/model.onnx, or set MODEL_REPOSITORY to a directory that has some`,
    );
  });

  it('is not what a directory is that cannot be read', async () => {
    const { root, store } = createRepository();
    rmSync(root, { recursive: true });
    symlinkSync(root, root);
    await expect(store.list()).rejects.toMatchObject({ code: 'ELOOP' });
  });
});
