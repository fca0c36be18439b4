import { gzipSync } from 'node:zlib';
import { readCard } from './golden.ts';
import {
  doubles,
  floats,
  get,
  type HostileRequest,
  joinBytes,
  lengthPrefixed,
  send,
  sendBinary,
} from './hostile-request.ts';

/** Requests that are right, of every protocol: what is hostile is made of them. */

export const ADMIN_TOKEN = 'hostile-admin';
/** Opens loading and unloading; only the model `spare` is ever named beside it, and models that are not there. */
const ADMIN = { Authorization: `Bearer ${ADMIN_TOKEN}` };

const cancer = readCard('breast-cancer');
const diabetes = readCard('diabetes');
const digits = readCard('digits');
const [tumour = []] = cancer.examples;
const [patient = []] = diabetes.examples;
const [digit = []] = digits.examples;
const names = cancer.features.map(({ name }) => name);
const byName = Object.fromEntries(names.map((name, i) => [name, tumour[i]]));
const patientByName = Object.fromEntries(
  diabetes.features.map(({ name }, i) => [name, patient[i]]),
);
const columns = Object.fromEntries(names.map((name, i) => [name, [tumour[i], tumour[i]]]));

const head = { name: 'features', datatype: 'FP32', shape: [1, 30] };
const sized = { ...head, parameters: { binary_data_size: 120 } };
const classified = { name: 'probabilities', parameters: { classification: 2, binary_data: false } };

/** Every element type, in the model that has them all. */
const everyInput = Object.entries({
  BOOL: [true, false],
  UINT8: [0, 255],
  UINT16: [0, 65_535],
  UINT32: [0, 4_294_967_295],
  UINT64: ['18446744073709551615', 0],
  INT8: [-128, 127],
  INT16: [-32_768, 32_767],
  INT32: [-2_147_483_648, 2_147_483_647],
  INT64: ['-9223372036854775808', 9_007_199_254_740_991],
  FP16: [65_504, 0],
  FP32: [0.5, -1],
  FP64: [0.1, -1],
  BYTES: ['', 'äöü'],
}).map(([datatype, data]) => ({ name: datatype.toLowerCase(), datatype, shape: [1, 2], data }));

const predictions = [
  send('predict', '/predict', JSON.stringify({ instances: [tumour, tumour] })),
  send('predict by name', '/models/breast-cancer/predict', JSON.stringify({ instances: [byName] })),
  send('predict a bare row', '/models/diabetes/predict', JSON.stringify(patientByName)),
  send('predict of a version', '/models/digits/versions/1/predict', JSON.stringify([...digit])),
  send(
    'predict of two inputs',
    '/models/two-inputs/predict',
    JSON.stringify({ instances: [{ age: [41], city: ['Oslo'] }] }),
  ),
  send('predict of text', '/models/text/predict', JSON.stringify({ instances: ['Oslo', '東京'] })),
  send('predict, compressed', '/predict', gzipSync(JSON.stringify([...tumour])), {
    'Content-Encoding': 'gzip',
    'Accept-Encoding': 'gzip',
  }),
];

const v2 = [
  send(
    'V2',
    '/v2/models/breast-cancer/infer',
    JSON.stringify({
      id: 'a',
      parameters: { timeout: 20_000_000, binary_data_output: false, priority: 1 },
      inputs: [{ ...head, data: tumour }],
      outputs: [classified, { name: 'label' }],
    }),
  ),
  send('V2 of every type', '/v2/models/every-type/infer', JSON.stringify({ inputs: everyInput })),
  sendBinary('V2 in bytes', '/v2/models/breast-cancer/versions/1/infer', { inputs: [sized] }, [
    floats(tumour),
  ]),
  sendBinary(
    'V2 in bytes and JSON',
    '/v2/models/two-inputs/infer',
    {
      inputs: [
        { name: 'age', datatype: 'FP32', shape: [2, 1], data: [1, 2] },
        { name: 'city', datatype: 'BYTES', shape: [2, 1], parameters: { binary_data_size: 16 } },
      ],
      parameters: { binary_data_output: true },
    },
    [lengthPrefixed(['Oslo', 'Bonn'])],
  ),
  sendBinary('V2, raw', '/v2/models/diabetes/infer', '', [doubles([...patient, ...patient])], '0'),
  send('V2 index', '/v2/repository/index', '{"ready": true}'),
  send('V2 load', '/v2/repository/models/spare/load', '{"parameters": {}}', ADMIN),
  send('V2 unload', '/v2/repository/models/spare/unload', '{}', ADMIN),
  send('V2 load without a token', '/v2/repository/models/digits/load', '{}'),
];

const v1 = [
  send(
    'V1 by rows',
    '/v1/models/diabetes:predict',
    JSON.stringify({ instances: [patient, patientByName], signature_name: 'serving_default' }),
  ),
  send(
    'V1 by columns',
    '/v1/models/two-inputs/versions/1:predict',
    JSON.stringify({ inputs: { age: [[1], [2]], city: [['a'], ['b']] } }),
  ),
];

const csv = `${names.join(',')}\n${tumour.join(',')}\n${tumour.join(',')}\n`;
const mlflow = [
  send(
    'MLflow, split',
    '/invocations',
    JSON.stringify({ dataframe_split: { columns: names, index: [0], data: [tumour] } }),
  ),
  send('MLflow, records', '/invocations', JSON.stringify({ dataframe_records: [byName] })),
  send('MLflow, instances', '/invocations', JSON.stringify({ instances: [tumour] })),
  send('MLflow, inputs', '/invocations', JSON.stringify({ inputs: columns, params: { a: 1 } })),
  send('MLflow, CSV', '/invocations', csv, { 'Content-Type': 'text/csv' }),
];

const told = [
  ...['/models', '/models/digits', '/v2', '/v2/health/ready', '/v2/models', '/v2/models/stats'],
  ...['/v2/models/digits', '/v2/models/digits/versions/1/ready', '/v2/models/digits/config'],
  ...['/v2/models/digits/versions/1/stats', '/v1/models', '/v1/models/digits/versions/1'],
  ...['/ping', '/version', '/openapi.json', '/healthz', '/readyz', '/metrics'],
].map((path) => get(`GET ${path}`, path));

export const SEEDS: readonly HostileRequest[] = [...predictions, ...v2, ...v1, ...mlflow, ...told];

export const WITH_BODY: readonly HostileRequest[] = SEEDS.filter(({ body }) => body);

/** What a valid prediction is asked and answered with, from before the first hostile request to after the last. */
export const CANARY = send('canary', '/predict', JSON.stringify({ instances: [tumour] }));

/** The bytes of a request as they travel, with a body of known length. */
export function onTheWire(request: HostileRequest, connection = 'close'): Uint8Array<ArrayBuffer> {
  const { method, path, headers, body } = request;
  const all = {
    Host: 'localhost',
    ...headers,
    ...(body && { 'Content-Length': body.byteLength }),
    Connection: connection,
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  const start = Buffer.from(`${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n`, 'latin1');
  return joinBytes([start, body ?? new Uint8Array()]);
}
