import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeDirectory } from '../../src/cli/make-directory.ts';

describe('a directory', () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'kilat-directory-'));
  });
  afterEach(() => rmSync(root, { recursive: true }));

  it('is made with those above it, and once', async () => {
    const path = join(root, 'a/b/c');
    expect(await makeDirectory(path)).toBe(join(root, 'a'));
    expect(existsSync(path)).toBe(true);
    expect(await makeDirectory(path)).toBeUndefined();
    expect(await makeDirectory(join(root, 'a/b/d'))).toBe(join(root, 'a/b/d'));
    expect(await makeDirectory('/')).toBeUndefined();
  });

  it('may be made by several at once', async () => {
    const path = join(root, 'a/b');
    await Promise.all(Array.from({ length: 8 }, () => makeDirectory(path)));
    expect(existsSync(path)).toBe(true);
  });

  it('cannot be where a file is, or below it', async () => {
    const file = join(root, 'file');
    writeFileSync(file, '');
    await expect(makeDirectory(file)).rejects.toThrow(`${file} is no directory`);
    await expect(makeDirectory(join(file, 'a'))).rejects.toThrow(`${file} is no directory`);
  });

  it.runIf(process.platform === 'linux')('is not tried for ever where none can be', async () => {
    await expect(makeDirectory('/proc/x')).rejects.toThrow('cannot make /proc/x: ENOENT');
  });
});
