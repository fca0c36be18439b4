import { deflateSync, gzipSync } from 'node:zlib';
import type { ErrorCode } from '../../../src/errors.ts';
import { readCard } from '../../helpers/golden.ts';
import { ask, type HttpParts, json, type Question, UNDER_PRESSURE } from '../question.ts';

/** Bodies that no client should send, each with the one error that it has to be answered with. */

/** What the server of these tests is set to; bodies go just beyond it. */
export const LIMITS = {
  MAX_BODY_BYTES: 2_000_000,
  MAX_REQUEST_ROWS: 400_000,
  MAX_TENSOR_ELEMENTS: 450_000,
  MAX_JSON_DEPTH: 64,
};

const card = readCard('breast-cancer');
const row: readonly number[] = card.examples[0] ?? [];
const rowWith = (index: number, value: unknown) => row.map((own, i) => (i === index ? value : own));
const named = Object.fromEntries(card.features.map(({ name }, i) => [name, row[i]]));

/** @param code what it is answered with, unless the server has too much to do, or has no such model just then */
function hostile(
  name: string,
  code: ErrorCode,
  body: HttpParts['body'],
  { path = '/models/breast-cancer/predict', headers = {} }: Partial<HttpParts> = {},
): Question {
  const parts = { path, body: body ?? '', headers };
  const codes = [code, ...UNDER_PRESSURE, 'not_ready'] as const;
  return ask(`hostile body: ${name}`, parts, { codes });
}

const BOMB = gzipSync(Buffer.alloc(64 * 1024 * 1024, '['));
const ZIPPED = { headers: { 'Content-Encoding': 'gzip' } };
const v2 = { path: '/v2/models/breast-cancer/infer' };
const v1 = { path: '/v1/models/breast-cancer:predict' };
const mlflow = { path: '/invocations' };
const lookup = { path: '/models/lookup/predict' };
const tensor = { name: 'features', datatype: 'FP32', shape: [1, 30], data: row };
const tensorWith = (changes: object) => json({ inputs: [{ ...tensor, ...changes }] });
const withHeaders = (headers: HttpParts['headers'] = {}) => ({ ...v2, headers });

const JSON_BODIES: readonly Question[] = [
  hostile('nothing', 'bad_json', ''),
  hostile('cut off', 'bad_json', '{"instances": [[1, 2'),
  hostile('no UTF-8', 'bad_json', Uint8Array.of(0x22, 0xff, 0xfe, 0x22)),
  hostile('NaN', 'bad_json', '{"instances": [[NaN]]}'),
  hostile('a NUL', 'bad_json', '\0'),
  hostile('brackets without end', 'too_deep', '['.repeat(500_000)),
  hostile('objects without end', 'too_deep', '{"a":'.repeat(100)),
  hostile('a quote without end', 'bad_json', `"${'\\'.repeat(100_000)}`),
  hostile('a bare word', 'bad_request', '42'),
  hostile('no list', 'bad_request', json({ instances: 'all' })),
  hostile('another key', 'bad_request', json({ instances: [row], more: 1 })),
  hostile('rows without a wrapper', 'bad_request', json([row, row])),
  hostile('no rows', 'bad_shape', json({ instances: [] })),
  hostile('a short row', 'bad_shape', json({ instances: [row, row.slice(1)] })),
  hostile('a very long row', 'bad_shape', json({ instances: [Array(100_000).fill(1)] })),
  hostile('rows of null', 'bad_shape', json({ instances: Array(10_000).fill(null) })),
  hostile('text for a number', 'bad_datatype', json({ instances: [rowWith(3, '1')] })),
  hostile('null for a number', 'bad_datatype', json({ instances: [rowWith(3, null)] })),
  hostile('too large for a float', 'bad_datatype', json({ instances: [rowWith(0, 1e300)] })),
  hostile('an unknown name', 'bad_feature', json({ ...named, 'no such feature': 1 })),
  hostile('a prototype', 'bad_feature', `{"__proto__": ${json(row)}}`),
  hostile('a fraction for a place', 'bad_datatype', '[1.5]', lookup),
];

const CODED_BODIES: readonly Question[] = [
  hostile('no gzip', 'bad_request', json([row]), ZIPPED),
  hostile('a piece of gzip', 'bad_request', gzipSync(json([row])).subarray(0, 40), ZIPPED),
  hostile(
    'gzip with something behind',
    'bad_request',
    Buffer.concat([gzipSync('[1]'), Buffer.from('x')]),
    ZIPPED,
  ),
  hostile('gzip in gzip', 'bad_json', gzipSync(gzipSync(json(row))), ZIPPED),
  hostile('a bomb', 'body_too_large', BOMB, ZIPPED),
  hostile('deflate of nothing', 'bad_json', deflateSync(''), {
    headers: { 'Content-Encoding': 'deflate' },
  }),
  hostile('an unknown coding', 'unsupported_media_type', json([row]), {
    headers: { 'Content-Encoding': 'br' },
  }),
  hostile('another type', 'unsupported_media_type', json([row]), {
    headers: { 'Content-Type': 'text/plain' },
  }),
  hostile('too large', 'body_too_large', Buffer.alloc(LIMITS.MAX_BODY_BYTES + 1, ' ')),
];

const TENSORS: readonly Question[] = [
  hostile(
    'too many rows',
    'too_many_rows',
    tensorWith({ shape: [LIMITS.MAX_REQUEST_ROWS + 1, 30] }),
    v2,
  ),
  hostile('too many values', 'too_many_values', tensorWith({ shape: [20_000, 30] }), v2),
  hostile(
    'a shape of very many values',
    'too_many_values',
    tensorWith({ shape: [1, 2 ** 40, 2 ** 12] }),
    v2,
  ),
  hostile('other dimensions', 'bad_shape', tensorWith({ shape: [1, 1, 30] }), v2),
  hostile('fewer values', 'bad_shape', tensorWith({ data: [1] }), v2),
  hostile('a negative shape', 'bad_request', tensorWith({ shape: [-1, 30] }), v2),
  hostile('another type of tensor', 'bad_datatype', tensorWith({ datatype: 'INT64' }), v2),
  hostile('an unknown input', 'bad_feature', tensorWith({ name: 'x' }), v2),
  hostile('an input twice', 'bad_feature', json({ inputs: [tensor, tensor] }), v2),
  hostile(
    'an unknown output',
    'bad_feature',
    json({ inputs: [tensor], outputs: [{ name: 'x' }] }),
    v2,
  ),
  hostile(
    'a sequence',
    'bad_request',
    json({ inputs: [tensor], parameters: { sequence_id: 7 } }),
    v2,
  ),
  hostile('no data', 'bad_request', tensorWith({ data: undefined }), v2),
  hostile(
    'a header that is too long',
    'bad_request',
    json({ inputs: [tensor] }),
    withHeaders({ 'Inference-Header-Content-Length': '999999' }),
  ),
  hostile(
    'raw bytes of another size',
    'bad_shape',
    'abc',
    withHeaders({ 'Inference-Header-Content-Length': '0' }),
  ),
  hostile('neither instances nor inputs', 'bad_request', '{}', v1),
  hostile(
    'columns of many lengths',
    'bad_shape',
    json({ inputs: { 'mean radius': [1], 'mean texture': [1, 2] } }),
    v1,
  ),
  hostile('two tables', 'bad_request', json({ instances: [row], inputs: [row] }), mlflow),
  hostile('a table without rows', 'bad_shape', 'a,b\n', {
    ...mlflow,
    headers: { 'Content-Type': 'text/csv' },
  }),
  hostile('a quote in a table', 'bad_request', 'a,b\n"1,2\n', {
    ...mlflow,
    headers: { 'Content-Type': 'text/csv' },
  }),
];

/** A place that the table does not have, which only the run finds out. */
const FAILING_RUN = ask(
  'hostile body: a place that is not there',
  { ...lookup, body: '[99]' },
  { codes: ['inference_failed', ...UNDER_PRESSURE, 'not_ready', 'model_not_found'] },
);

/** Every kind of body. */
export const HOSTILE_BODIES = [...JSON_BODIES, ...CODED_BODIES, ...TENSORS, FAILING_RUN];
