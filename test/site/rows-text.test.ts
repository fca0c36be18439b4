import { describe, expect, it } from 'vitest';
import { RowsTextError, readRowsText } from '../../src/site/browser/rows-text.ts';

const FEATURES = ['age', 'sex'];

describe('pasted rows', () => {
  it.each([
    [
      'a list of rows',
      '[[1, 2], [3, 4]]',
      [
        [1, 2],
        [3, 4],
      ],
    ],
    ['a list of objects', '[{"age": 1, "sex": 2}]', [{ age: 1, sex: 2 }]],
    ['one bare row', '[1, 2]', [[1, 2]]],
    ['one object', '{"age": 1, "sex": 2}', [{ age: 1, sex: 2 }]],
    ['the body of a request', '{"instances": [[1, 2]]}', [[1, 2]]],
    ['CSV with names', 'sex,age\n2,1\n', [{ sex: 2, age: 1 }]],
    [
      'CSV without',
      '1,2\n3,4',
      [
        [1, 2],
        [3, 4],
      ],
    ],
    [
      'CSV as some spreadsheets write it',
      '1;2.5\r\n\r\n3;4\r\n',
      [
        [1, 2.5],
        [3, 4],
      ],
    ],
    ['text, which the server may judge', '1,two\n', [[1, 'two']]],
    ['an empty cell, which is no 0', '1,\n', [[1, '']]],
    ['quoted cells', '"1","a, b"', [[1, 'a, b']]],
  ])('may be %s', (_, text, rows) => {
    expect(readRowsText(text, FEATURES)).toEqual(rows);
  });

  it.each([
    ['', 'expected rows, as CSV or JSON'],
    ['  \n ', 'expected rows, as CSV or JSON'],
    ['[[1, 2', 'not JSON: '],
    ['age,sex\n', 'expected rows below the names of the columns'],
    ['"1,2', 'row 0: '],
  ])('may not be %j', (text, message) => {
    expect(() => readRowsText(text, FEATURES)).toThrow(RowsTextError);
    expect(() => readRowsText(text, FEATURES)).toThrow(message);
  });
});
