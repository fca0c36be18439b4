import { execFile } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { applyShifts, parseShift } from '../../src/cli/shift.ts';
import { readCard, readGolden } from '../helpers/golden.ts';
import { type NodeTarget, startNode } from '../helpers/targets.ts';

const names = readCard('breast-cancer').features.map(({ name }) => name);
const { rows } = readGolden('breast-cancer');
const folder = mkdtempSync(join(tmpdir(), 'kilat-replay-'));

/** A file of the held-out rows, of which the first misses its first value where that is asked for. */
function writeRows(name: string, isMissing = false): string {
  const lines = rows.map((row, i) =>
    row.map((value, j) => (isMissing && i === 0 && j === 0 ? '' : value)),
  );
  const path = join(folder, name);
  writeFileSync(path, [names, ...lines].map((cells) => cells.join(',')).join('\n'));
  return path;
}

function replay(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, ['src/cli/replay.ts', ...args], (error, stdout, stderr) => {
      resolve({ code: Number(error?.code ?? 0), stdout, stderr });
    });
  });
}

describe('npm run drift:replay', () => {
  let target: NodeTarget;
  beforeAll(async () => {
    target = await startNode();
  });
  afterAll(() => target.stop());

  /** Rows by the bin of the first feature, as they have been counted. */
  const bins = async (): Promise<number[]> => {
    const metrics = await (await target.fetch('/metrics')).text();
    const series = `prediction_feature_bin_total{model="breast-cancer",version="1",feature="${names[0]}",bin="`;
    const lines = metrics.split('\n').filter((line) => line.startsWith(series));
    return lines.map((line) => Number(line.split(' ').at(-1)));
  };

  it('plays every row once, what it misses too, and then moved by a part of its range', async () => {
    const model = ['--url', target.url, '--model', 'breast-cancer'];
    const plain = await replay(...model, '--data', writeRows('missing.csv', true));
    expect(plain).toEqual({
      code: 0,
      stdout: `breast-cancer v1: ${rows.length} rows answered\n`,
      stderr: '',
    });
    const before = await bins();
    expect(before.reduce((sum, count) => sum + count)).toBe(rows.length);
    expect(before.at(-1)).toBe(1);

    const shift = ['--shift', `${names[0]}=+100%`];
    const moved = await replay(...model, '--data', writeRows('whole.csv'), ...shift);
    expect(moved.code).toBe(0);
    const after = await bins();
    // By all of its range every value is above the highest edge.
    expect(after.at(-2)).toBe((before.at(-2) ?? 0) + rows.length);
    expect(after.slice(0, -2)).toEqual(before.slice(0, -2));
  });

  it.each([
    [['--model', 'breast-cancer', '--shift', 'colour=+20%'], /^the model has no feature 'colour'/],
    [
      ['--model', 'breast-cancer', '--shift', 'mean radius'],
      /expected feature=\+20% or feature=-1\.5/,
    ],
    [['--model', 'iris'], /^model_not_found: /],
  ])('says in one line what is wrong with %s', async (args, message) => {
    const data = writeRows('whole.csv');
    const { code, stdout, stderr } = await replay('--url', target.url, '--data', data, ...args);
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(message);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });
});

describe('a shift', () => {
  it('is by a part of the range of the card, else of the values, or by an amount; what is missing stays so', () => {
    const values = Float64Array.of(1, 1, 1, 3, Number.NaN, 1);
    const features = [{ name: 'a' }, { name: 'b', range: [0, 10] }];
    applyShifts(values, features, [
      parseShift('b=-20%'),
      parseShift('a=+0.5'),
      parseShift('b=+50%'),
    ]);
    expect(Array.from(values)).toEqual([1.5, 4, 1.5, 6, Number.NaN, 4]);
    const own = Float64Array.of(2, 4, Number.NaN);
    applyShifts(own, [{ name: 'a' }], [parseShift('a=+50%')]);
    expect(Array.from(own)).toEqual([3, 5, Number.NaN]);
  });
});
