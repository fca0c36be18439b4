import { execFile } from 'node:child_process';
import { appendFileSync, cpSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

describe('npm run site', () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'kilat-site-'));
    cpSync('src', join(root, 'src'), { recursive: true });
    symlinkSync(resolve('node_modules'), join(root, 'node_modules'));
  });
  afterEach(() => rmSync(root, { recursive: true }));

  const build = () => promisify(execFile)(process.execPath, ['src/cli/site.ts'], { cwd: root });
  const built = () => readdirSync(join(root, 'dist'), { recursive: true }).sort();

  it('leaves the pages that are there until it has others, and nothing beside them', async () => {
    const { stdout } = await build();
    expect(stdout).toMatch(
      /^dist\/site\/index\.html with \d files: .+\ndist\/site\/docs\.html with/,
    );
    const before = built();
    expect(before).toEqual(
      expect.arrayContaining(['site', 'site/.assetsignore', 'site/docs.html']),
    );
    expect(before.filter((path) => String(path).split('/').length === 1)).toEqual(['site']);

    appendFileSync(join(root, 'src/site/browser/index.html'), '{{nothing.js}}');
    await expect(build()).rejects.toThrow('index.html names nothing.js, which was not built');
    expect(built()).toEqual(before);

    cpSync('src/site/browser/index.html', join(root, 'src/site/browser/index.html'));
    await Promise.all([build(), build()]);
    expect(built()).toEqual(before);
  });
});
