import { describe, expect, it } from 'vitest';
import type { Datatype } from '../../src/inference/tensor.ts';
import { parseDataRows } from '../../src/rows/data-rows.ts';

const input = (name: string, datatype: Datatype, ...row: number[]) => ({
  name,
  datatype,
  shape: [-1, ...row],
});
const named = { inputs: [input('x', 'FP32', 2)], features: ['a', 'b'] };
const unnamed = { inputs: [input('x', 'FP32', 2)], features: undefined };
const text = { inputs: [input('text', 'BYTES')], features: undefined };
const several = {
  inputs: [input('id', 'INT64'), input('on', 'BOOL'), input('name', 'BYTES')],
  features: undefined,
};
const rows = [
  [1, 2],
  [3, 4],
];

describe('rows of data', () => {
  it.each([
    ['CSV without a header', 'd.csv', '1,2\n3,4\n', named],
    ['CSV without a header, of a model without names', 'd.csv', '1,2\r\n3,4', unnamed],
    [
      'CSV with the names in another order, and others',
      'd.csv',
      '\ufeffb,id,a\n2,x,1\n4,y,3\n',
      named,
    ],
    ['CSV with any header, of a model without names', 'd.csv', 'width,height\n1,2\n3,4\n', unnamed],
    ['CSV between semicolons', 'stdin', 'a;b\n1;2\n3;4', named],
    ['a list', 'd.json', '[[1, 2],\n [3, 4]]', named],
    ['a list, whatever the file is called', 'stdin', '\n[[1, 2], [3, 4]]', named],
    ['a request', 'd.json', '{"instances": [[1, 2], [3, 4]]}', named],
    ['lines', 'd.ndjson', '[1, 2]\n\n[3, 4]\n', named],
    ['lines, whatever the file is called', 'stdin', '[1, 2]\n[3, 4]\n', unnamed],
  ])('are read from %s', (_, file, content, model) => {
    expect(parseDataRows(content, file, model)).toEqual(rows);
  });

  it('may be one alone', () => {
    expect(parseDataRows('[1, 2]', 'stdin', named)).toEqual([[1, 2]]);
    expect(parseDataRows('{"a": 1, "b": 2}', 'stdin', named)).toEqual([{ a: 1, b: 2 }]);
    expect(parseDataRows('[[1, 2]]', 'd.jsonl', named)).toEqual([[[1, 2]]]);
    expect(parseDataRows('["good", "bad"]', 'd.json', text)).toEqual(['good', 'bad']);
  });

  it('of CSV are of the types that the model has', () => {
    const csv = 'id,name,on\n9007199254740993,007,true\n-5, x ,0\n,,2\n';
    expect(parseDataRows(csv, 'd.csv', several)).toEqual([
      { id: '9007199254740993', on: true, name: '007' },
      { id: -5, on: false, name: ' x ' },
      { id: null, on: 2, name: '' },
    ]);
    expect(parseDataRows('7,1,x', 'd.csv', several)).toEqual([{ id: 7, on: true, name: 'x' }]);
    expect(parseDataRows('text\nnice\n12\n', 'd.csv', text)).toEqual([['nice'], ['12']]);
    expect(parseDataRows('nice\n12\n', 'd.csv', text)).toEqual([['nice'], ['12']]);
    expect(parseDataRows('text\n"1,5"\n', 'd.csv', text)).toEqual([['1,5']]);
  });

  it.each([
    ['a typo', '1,x\n3,4\n', [1, 'x']],
    ['a typo in front', 'width,2\n3,4\n', ['width', 2]],
    ['an infinite number', 'inf,2\n3,4\n', ['inf', 2]],
    ['nothing but infinite numbers', '-Infinity,inf\n3,4\n', ['-Infinity', 'inf']],
  ])('of CSV begin with the first line, with %s in it', (_, content, first) => {
    for (const model of [named, unnamed]) {
      expect(parseDataRows(content, 'd.csv', model)).toEqual([first, [3, 4]]);
    }
  });

  it('of CSV may stand below names that read like what is missing', () => {
    expect(parseDataRows('Na,Mg\n1,2\n3,4\n', 'd.csv', unnamed)).toEqual(rows);
    expect(parseDataRows('x1,x2\n1,2\n3,4\n', 'd.csv', unnamed)).toEqual(rows);
    expect(parseDataRows(',\n3,4\n', 'd.csv', unnamed)).toEqual([
      [null, null],
      [3, 4],
    ]);
  });

  it('are none where there is nothing', () => {
    expect(parseDataRows(' \n', 'd.csv', named)).toEqual([]);
    expect(parseDataRows('[]', 'd.json', named)).toEqual([]);
    expect(parseDataRows('a,b\n', 'd.csv', named)).toEqual([]);
  });

  it.each([
    ['d.csv', 'a,c\n1,2\n', named, "d.csv has no column 'b'; its header names a, c"],
    ['d.csv', '1,2\n3,4,5\n', named, 'd.csv, row 2: expected 2 values, got 3'],
    ['d.csv', 'a,b\n1\n', named, 'd.csv, row 1: expected 2 values, got 1'],
    [
      'd.csv',
      'a;b\n1;2\n3;-4,5\n',
      named,
      `d.csv, row 2, 'b': expected a number, got "-4,5" (with a decimal point?)`,
    ],
    [
      'd.csv',
      '3;4,5\n6;7\n8;9\n',
      unnamed,
      `d.csv, row 1: expected a number, got "4,5" (with a decimal point?)`,
    ],
    ['d.csv', '1,"2\n3,4\n', named, /^d\.csv, row 1: Quoted field unterminated$/],
    ['d.csv', '1,2\n3,"4\n', named, /^d\.csv, row 2: Quoted field unterminated$/],
    ['d.csv', 'a,b\n1,"2\n', named, /^d\.csv, row 1: Quoted field unterminated$/],
    ['d.csv', 'a,"b\n1,2\n', named, /^d\.csv, header: Quoted field unterminated$/],
    ['d.ndjson', '[1, 2]\n[3,\n', named, /^d\.ndjson, row 2 is not JSON: /],
    ['d.json', '[[1, 2],\n[3, 4]', named, /^d\.json is not JSON: /],
  ])('that are wrong are named in one line: %s %j', (file, content, model, message) => {
    expect(() => parseDataRows(content, file, model)).toThrow(message);
  });
});
