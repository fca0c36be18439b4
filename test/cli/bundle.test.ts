import { execFile } from 'node:child_process';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const COMMAND = resolve('src/cli/bundle.ts');

describe('npm run models:bundle', () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'kilat-bundle-'));
    mkdirSync(join(root, 'model'));
    mkdirSync(join(root, 'src/stores'), { recursive: true });
    copyFileSync('test/models/lookup.onnx', join(root, 'model/lookup.onnx'));
  });
  afterEach(() => rmSync(root, { recursive: true }));

  function bundle(...args: string[]) {
    const { promise, resolve: done } = Promise.withResolvers<object>();
    execFile(process.execPath, [COMMAND, ...args], { cwd: root }, (error, stdout, stderr) =>
      done({ code: error ? error.code : 0, stdout, stderr }),
    );
    return promise;
  }

  it('says what it has written, and that nothing had to be', async () => {
    const file = join(root, 'src/stores/bundle.ts');
    writeFileSync(file, 'of other models');
    expect(await bundle()).toEqual({
      code: 0,
      stdout: 'src/stores/bundle.ts now imports the files of model/ for the Worker\n',
      stderr: '',
    });
    expect(readFileSync(file, 'utf8')).toContain("from '../../model/lookup.onnx';");

    const { mtimeMs } = statSync(file);
    expect(await bundle()).toEqual({
      code: 0,
      stdout:
        'src/stores/bundle.ts is left as it was: it imports the files of model/ for the Worker already\n',
      stderr: '',
    });
    expect(statSync(file).mtimeMs).toBe(mtimeMs);
    expect(await bundle('--check')).toEqual({ code: 0, stdout: '', stderr: '' });
  });

  it('says in one line what is wrong', async () => {
    expect(await bundle('--models', 'nowhere')).toEqual({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(/^.*nowhere.*\n$/),
    });
  });
});
