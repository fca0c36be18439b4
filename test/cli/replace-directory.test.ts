import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import * as files from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { replaceDirectory } from '../../src/cli/replace-directory.ts';

vi.mock('node:fs/promises', async (importActual) => {
  const actual = await importActual<typeof files>();
  return { ...actual, rename: vi.fn(actual.rename) };
});

describe('replaceDirectory', () => {
  let root: string;
  const at = (...path: string[]) => join(root, ...path);
  const write = (...paths: string[]) => {
    for (const path of paths) {
      mkdirSync(dirname(at(path)), { recursive: true });
      writeFileSync(at(path), path);
    }
  };
  const listed = () => readdirSync(root, { recursive: true }).sort();
  const refuse = (code: string) =>
    vi.mocked(files.rename).mockRejectedValueOnce(Object.assign(new Error(code), { code }));

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'kilat-replace-'));
    write('site/index.html', 'site/assets/a-1.js', 'site/former/b.js');
    write('new/index.html', 'new/assets/a-2.js');
  });
  afterEach(() => {
    vi.mocked(files.rename).mockReset();
    rmSync(root, { recursive: true });
  });

  it.each(['EXDEV', 'EBUSY'])('fills a directory that cannot be moved: %s', async (code) => {
    refuse(code);
    await replaceDirectory(at('new'), at('site'));
    expect(readdirSync(at('site'), { recursive: true }).sort()).toEqual([
      'assets',
      'assets/a-2.js',
      'index.html',
    ]);
    expect(await files.readFile(at('site/index.html'), 'utf8')).toBe('new/index.html');
  });

  it('puts back what was there when the new one cannot be moved', async () => {
    const before = listed();
    const { rename } = await vi.importActual<typeof files>('node:fs/promises');
    vi.mocked(files.rename).mockImplementationOnce(rename);
    refuse('EACCES');
    await expect(replaceDirectory(at('new'), at('site'))).rejects.toThrow('EACCES');
    expect(listed()).toEqual(before);
  });
});
