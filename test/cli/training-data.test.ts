import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readTrainingData } from '../../src/cli/training-data.ts';

describe('training data', () => {
  let root = '';
  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), 'kilat-data-'));
  });
  afterAll(() => rmSync(root, { recursive: true }));

  const read = (name: string, text: string, features: readonly string[]) => {
    writeFileSync(join(root, name), text);
    return readTrainingData(join(root, name), features);
  };
  const NONE = Number.NaN;

  it.each([
    ['by the names of a header', 'd.csv', '\ufeffb,id,a\r\n2,x,1\r\n\r\n4,"y, z",3\r\n'],
    ['between semicolons and tabs', 'd.tsv', 'a\tid\tb\n1\tx\t2\n3\ty\t4'],
    ['from arrays', 'd.json', ' [[1, 2],\n [3, 4]]'],
    ['from objects', 'd.json', '[{"b": 2, "id": null, "a": 1}, {"a": 3, "b": 4}]'],
    ['line by line', 'd.jsonl', '[1, 2]\n\n{"b": 4, "a": 3, "id": "x"}\n'],
    ['line by line, as others call it', 'd.NDJSON', '{"a": 1, "b": 2}\r\n[3, 4]\r\n'],
  ])('is read %s', async (_, name, text) => {
    const { rows, values, ignored } = await read(name, text, ['a', 'b']);
    expect({ rows, values: Array.from(values) }).toEqual({ rows: 2, values: [1, 2, 3, 4] });
    expect(ignored).toEqual(text.includes('id') ? ['id'] : []);
  });

  it('has numbers, truth and what is missing', async () => {
    const csv = 'a\n1e3\n-.5\n+7.\n true \nFALSE\n\nNaN\nna\n""\n';
    const { values } = await read('d.csv', csv, ['a']);
    expect(Array.from(values)).toEqual([1000, -0.5, 7, 1, 0, NONE, NONE, NONE, NONE]);
    const json = '[[1], [null], ["NA"], [""], ["2"], [true]]';
    const { values: same } = await read('d.json', json, ['a']);
    expect(Array.from(same)).toEqual([1, NONE, NONE, NONE, 2, 1]);
  });

  it.each([
    ['d.csv', 'y,z\n1,2', "d.csv has no column 'x'; its header names y, z"],
    ['d.csv', 'x,x\n1,2', "d.csv has column 'x' twice"],
    ['d.csv', 'x\n1\ntwo', 'd.csv, row 2, \'x\': expected a number, got "two"'],
    [
      'd.csv',
      'x;y\n1,5;2',
      'd.csv, row 1, \'x\': expected a number, got "1,5" (with a decimal point?)',
    ],
    ['d.csv', 'x\ninf', 'd.csv, row 1, \'x\': expected a number, got "inf"'],
    ['d.csv', 'x\n0x10', 'd.csv, row 1, \'x\': expected a number, got "0x10"'],
    ['d.csv', 'x,y\n1,2\n3', 'd.csv, row 2: expected 2 values, got 1'],
    ['d.csv', 'x\n', 'd.csv has no rows'],
    ['d.csv', '', 'd.csv has no rows'],
    ['d.json', '[[1],', 'd.json is not JSON: Unexpected end of JSON input'],
    ['d.json', '{"x": [1]}', 'd.json: expected a list of rows'],
    ['d.json', '[[1], [1, 2]]', 'd.json, row 2: expected 1 values, got 2'],
    ['d.json', '[[[1]]]', "d.json, row 1, 'x': expected a number, got [1]"],
    ['d.jsonl', '[1]\n2', 'd.jsonl, row 2: expected an array, or an object of feature names'],
    ['d.jsonl', '{"y": 1}', "d.jsonl, row 1 has no 'x'; null stands for what is missing"],
  ])('is refused in one line: %s %j', async (name, text, message) => {
    const error = await read(name, text, ['x']).catch((error: Error) => error);
    expect(String(error).replaceAll(`${root}/`, '')).toBe(`Error: ${message}`);
  });

  it('is missed where there is none', async () => {
    await expect(readTrainingData('absent.csv', ['x'])).rejects.toThrow(
      /^cannot read absent\.csv: ENOENT$/,
    );
  });
});
