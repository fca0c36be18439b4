import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findPlace, withStaged } from '../../src/cli/stage-model.ts';

const TAKEN = 'meanwhile: run this again for the next version';

describe('a staged version of a model', () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'kilat-stage-'));
    writeFileSync(join(root, 'graph.onnx'), 'new');
  });
  afterEach(() => rmSync(root, { recursive: true }));

  const unstopped = new AbortController().signal;
  const models = () => join(root, 'models');
  /** Puts a version with a new card in its place, after somebody else has done something. */
  const put = async (meanwhile: () => void, fitsOldCard = true) => {
    const place = await findPlace(models(), 'a');
    await withStaged(place, join(root, 'graph.onnx'), false, unstopped, async (staged) => {
      await staged.writeCard('new card');
      meanwhile();
      await staged.moveIntoPlace({ cardIs: 'new', fitsOldCard });
    });
  };
  const write = (version: string, text: string) => {
    mkdirSync(join(models(), 'a', version), { recursive: true });
    writeFileSync(join(models(), 'a', version, 'model.onnx'), text);
    writeFileSync(join(models(), 'a/model.json'), 'old card');
  };
  const read = (path: string) => readFileSync(join(models(), 'a', path), 'utf8');

  it.each([true, false])('is put in its place with its card: fits the old one %s', async (fits) => {
    write('1', 'old');
    await put(() => {}, fits);
    expect([read('1/model.onnx'), read('2/model.onnx')]).toEqual(['old', 'new']);
    expect(read('model.json')).toBe('new card');
    expect(readdirSync(models())).toEqual(['a']);
  });

  it.each([true, false])('changes nothing where somebody else was faster: %s', async (fits) => {
    write('1', 'old');
    await expect(put(() => write('2', 'theirs'), fits)).rejects.toThrow(`a v2 ${TAKEN}`);
    expect(read('2/model.onnx')).toBe('theirs');
    expect(read('model.json')).toBe('old card');
  });

  it('changes nothing where somebody else has made the model', async () => {
    await expect(put(() => write('1', 'theirs'))).rejects.toThrow(`a v1 ${TAKEN}`);
    expect(read('1/model.onnx')).toBe('theirs');
    expect(readdirSync(models())).toEqual(['a']);
  });

  it('is none after a signal to stop', async () => {
    const place = await findPlace(models(), 'a');
    const stopped = AbortSignal.abort(new Error('stopped by SIGHUP'));
    const staging = withStaged(place, join(root, 'graph.onnx'), false, stopped, async () => {});
    await expect(staging).rejects.toThrow('stopped by SIGHUP');
    expect(readdirSync(root)).toEqual(['graph.onnx']);
  });
});
