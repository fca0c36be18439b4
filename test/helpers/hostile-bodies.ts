import { constants, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { readCard } from './golden.ts';
import { bomb } from './hostile-bombs.ts';
import { get, type HostileRequest, joinBytes, send, sendGzipped } from './hostile-request.ts';

/** Bodies that no chance comes upon: bombs, depths, encodings, tables. */

const [tumour = []] = readCard('breast-cancer').examples;
const names = readCard('breast-cancer').features.map(({ name }) => name);
const valid = JSON.stringify({ instances: [tumour] });
const MEGABYTE = 2 ** 20;

/** Every endpoint that reads JSON, at which the same is thrown. */
const READERS = {
  predict: '/predict',
  V2: '/v2/models/breast-cancer/infer',
  V1: '/v1/models/breast-cancer:predict',
  MLflow: '/invocations',
  index: '/v2/repository/index',
} as const;

const everywhere = (name: string, body: string | Uint8Array, headers?: Record<string, string>) =>
  Object.entries(READERS).map(([reader, path]) => send(`${name}: ${reader}`, path, body, headers));

function depths(): HostileRequest[] {
  const many = 300_000;
  const nested = `${'['.repeat(64)}1${']'.repeat(64)}`;
  return [
    ...everywhere('very many brackets', '['.repeat(many)),
    ...everywhere('very many objects', '{"a":'.repeat(many)),
    ...everywhere('brackets that close first', ']'.repeat(many)),
    ...everywhere('quotes that hide the depth', `"\\"${'['.repeat(1000)}`),
    ...everywhere('escapes without an end', `"${'\\'.repeat(100_001)}`),
    ...everywhere('as deep as may be', nested),
    ...everywhere('as deep as may be, within a row', `{"instances":[${nested.slice(2, -2)}]}`),
    ...everywhere('a prototype', `{"__proto__":{"polluted":true},${valid.slice(1)}`),
    ...everywhere('a prototype alone', '{"__proto__":{"instances":[[1]],"inputs":[[1]]}}'),
    ...everywhere('a constructor', '{"constructor":{"prototype":{"polluted":true}}}'),
    ...everywhere('a key twice', `{"instances":[[1]],${valid.slice(1)}`),
    ...everywhere('a hundred thousand keys', `{${numbered(100_000, (i) => `"k${i}":0`)}}`),
    ...everywhere('a hundred thousand same keys', `{${numbered(100_000, () => '"a":0')}}`),
    ...everywhere('more rows than may be', `{"instances":[${numbered(100_001, () => '[]')}]}`),
    ...everywhere('many things that are wrong', wrongThings(50_000)),
    ...everywhere('a number of very many digits', `{"instances":[[${'9'.repeat(many)}]]}`),
    ...everywhere('a long text', `{"instances":["${'x'.repeat(many)}"]}`),
    ...everywhere('spaces alone', ' '.repeat(many)),
    ...everywhere('lines alone', '\n'.repeat(60_000)),
  ];
}

/** JSON in which so many things are wrong in each list, of every protocol. */
function wrongThings(count: number): string {
  const list = (wrong: string) => `[${numbered(count, () => wrong)}]`;
  const split = `{"columns":${list('{}')},"data":${list('1')}}`;
  const tensors = `"inputs":${list('{}')},"outputs":${list('{}')},"parameters":{"a":{}}`;
  return `{${tensors},"dataframe_records":${list('1')},"dataframe_split":${split}}`;
}

/** Bodies that have to be refused in about the time that it takes to read them, however much is wrong there. */
export function longBodies(): HostileRequest[] {
  const split = '{"dataframe_split":{"columns":';
  const list = (wrong: string) => `[${`${wrong},`.repeat(2_700_000)}${wrong}]`;
  const csv = { 'Content-Type': 'text/csv' };
  return [
    send('digits that are no number', READERS.MLflow, `a\n${'1'.repeat(300_000)}x\n`, csv),
    send('inputs that are none', READERS.V2, `{"inputs":${list('{}')}}`),
    send('columns that are none', READERS.MLflow, `${split}${list('{}')}}}`),
    send('records that are none', READERS.MLflow, `{"dataframe_records":${list('1')}}`),
  ];
}

function numbered(count: number, each: (i: number) => string): string {
  return Array.from({ length: count }, (_, i) => each(i)).join(',');
}

function encodings(): HostileRequest[] {
  const utf16 = Buffer.from(`\ufeff${valid}`, 'utf16le');
  const bytes = (...values: number[]) =>
    joinBytes([Buffer.from('{"instances":["'), Buffer.from(values), Buffer.from('"]}')]);
  return [
    ...everywhere('nothing', ''),
    ...everywhere('a NUL', '\0'),
    ...everywhere('a byte order mark', `\ufeff${valid}`),
    ...everywhere('two byte order marks', `\ufeff\ufeff${valid}`),
    ...everywhere('UTF-16', new Uint8Array(utf16), {
      'Content-Type': 'application/json; charset=utf-16',
    }),
    ...everywhere('an overlong slash', bytes(0xc0, 0xaf)),
    ...everywhere('an encoded surrogate', bytes(0xed, 0xa0, 0x80)),
    ...everywhere('a code point beyond Unicode', bytes(0xf4, 0x90, 0x80, 0x80)),
    ...everywhere('a continuation without a start', bytes(0x80)),
    ...everywhere(
      'a character cut off',
      joinBytes([Buffer.from(valid), Buffer.from([0xf0, 0x9f])]),
    ),
    ...everywhere('a lone surrogate, escaped', '{"instances":["\\ud800"],"\\udfff":1}'),
    ...everywhere('JSON twice', valid + valid),
    ...everywhere(
      'JSON that is XML',
      '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
    ),
  ];
}

function compressed(): HostileRequest[] {
  const gzip = (name: string, body: Uint8Array) =>
    everywhere(name, body, { 'Content-Encoding': 'gzip' });
  const deflate = (name: string, body: Uint8Array) =>
    everywhere(name, body, { 'Content-Encoding': 'deflate' });
  const right = gzipSync(valid);
  const wrongSum = Uint8Array.from(right, (byte, i) => (i === right.length - 6 ? byte ^ 1 : byte));
  const spaces = Buffer.alloc(16 * MEGABYTE, ' ');
  const level = constants.Z_BEST_SPEED;
  return [
    ...gzip('64 MiB of zeros, gzip', bomb('gzip', 64)),
    ...deflate('64 MiB of zeros, deflate', bomb('deflate', 64)),
    ...gzip(
      'valid JSON in 16 MiB of spaces, gzip',
      gzipSync(Buffer.concat([spaces, Buffer.from(valid)]), { level }),
    ),
    ...gzip('gzip of gzip', gzipSync(right)),
    ...gzip('gzip that is cut off', right.subarray(0, -9)),
    ...gzip('gzip of a wrong sum', wrongSum),
    ...gzip('gzip with bytes behind it', joinBytes([right, Buffer.from('{"a":1}')])),
    ...gzip('gzip twice', joinBytes([right, right])),
    ...gzip('gzip without an end', right.subarray(0, 10)),
    ...gzip('no gzip', Buffer.from(valid)),
    ...gzip('nothing as gzip', new Uint8Array()),
    ...deflate('deflate without its head', deflateRawSync(valid)),
    ...deflate('gzip as deflate', right),
    ...deflate(
      'deflate that wants a dictionary',
      deflateSync(valid, { dictionary: Buffer.from('instances') }),
    ),
    ...everywhere('gzip that does not say so', right),
    sendGzipped('MLflow CSV of 9 MiB, compressed', '/invocations', 'a,b\n'.repeat(2.3 * MEGABYTE)),
  ];
}

/** What /invocations takes for CSV. */
function tables(): HostileRequest[] {
  const head = names.join(',');
  const row = tumour.join(',');
  const csv = (name: string, text: string, type = 'text/csv') =>
    send(`CSV: ${name}`, '/invocations', text, { 'Content-Type': type });
  const changed = (cell: string) => `${head}\n${[cell, ...tumour.slice(1)].join(',')}\n`;
  const cells = [
    'NaN',
    '',
    ' ',
    'null',
    '=1+1',
    '@SUM(1)',
    '1e999',
    '-1e999',
    '0x10',
    '1_0',
    '9'.repeat(400),
  ];
  const odd = [
    '"1',
    '1"',
    '""',
    '"a""b"',
    '"a\nb"',
    '\0',
    '1\0',
    '\ufeff1',
    '１',
    'true',
    '__proto__',
    '[1]',
    '{}',
  ];
  return [
    csv('nothing', ''),
    csv('names alone', head),
    csv('a quote without an end', `"${head}\n${row}`),
    csv('a quote without an end in the last row', `${head}\n${row}\n"${row}`),
    csv('no names', `${row}\n${row}`),
    csv('names twice', `${head},${head}\n${row},${row}`),
    csv('a row too short', `${head}\n${row}\n1,2`),
    csv('a row too long', `${head}\n${row},1`),
    csv('a prototype', `__proto__,constructor,toString\n1,2,3`),
    csv('a prototype among the names', `${head.replace(names[0] ?? '', '__proto__')}\n${row}`),
    csv('semicolons', `${head}\n${row}`.replaceAll(',', ';')),
    csv('carriage returns', `${head}\r${row}\r`),
    csv('mixed line ends', `${head}\r\n${row}\n${row}\r`),
    csv('a byte order mark', `\ufeff${head}\n${row}`),
    csv('commas alone', ','.repeat(100_000)),
    csv('a hundred thousand columns', `${numbered(100_000, (i) => `c${i}`)}\n1`),
    csv('a hundred thousand empty lines', `${head}\n${'\n'.repeat(100_000)}${row}`),
    csv('a hundred and one thousand rows', `a\n${'1\n'.repeat(101_000)}`),
    csv('a hundred thousand quotes', '"'.repeat(100_001)),
    csv(
      'a header that says there is none',
      `${head}\n${row}`,
      'text/csv; header=absent; charset=utf-7',
    ),
    csv('JSON', valid),
    ...[...cells, ...odd].map((cell) =>
      csv(`a cell of ${JSON.stringify(cell.slice(0, 20))}`, changed(cell)),
    ),
  ];
}

/** Endpoints that are asked for too much, or for what they are not there for. */
function targets(): HostileRequest[] {
  return [
    get('a URL of 8 KiB', `/models/${'a'.repeat(8150)}`),
    get('a URL over the limit', `/models/${'a'.repeat(8192)}`),
    get('a path of slashes', `/models${'/'.repeat(2000)}`),
    get('a path of a thousand parts', '/a'.repeat(1000)),
    get('a path that ends in a colon', '/v1/models/digits:'),
    get('the verb of V1 on GET', '/v1/models/digits:predict'),
    get('a range of metrics', '/metrics', { Range: 'bytes=0-10' }),
    get('metrics, compressed in every way', '/metrics', {
      'Accept-Encoding': '*;q=0.1, gzip;q=0.0001',
    }),
    get('a part of the OpenAPI document', '/openapi.json', {
      Range: 'bytes=-1',
      'If-Range': '"x"',
    }),
    ...['https://evil.example', 'null', 'https://pages.example'].map((origin) => ({
      ...get(`a preflight from ${origin}`, '/predict', {
        Origin: origin,
        'Access-Control-Request-Method': 'PUT',
        'Access-Control-Request-Headers': '__proto__, x, *',
      }),
      method: 'OPTIONS',
    })),
    get('the path that all middleware is registered for', '/*'),
    send('a body for health', '/healthz', valid),
    send('a body for metrics', '/metrics', valid),
  ];
}

export function hostileBodies(): HostileRequest[] {
  return [...depths(), ...encodings(), ...compressed(), ...tables(), ...targets()];
}
