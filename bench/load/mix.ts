import { GOLDEN_MODELS, readCard } from '../../test/helpers/golden.ts';
import type { Connections } from './connections.ts';
import { httpRequest } from './request.ts';

/** What a client sends that goes before it has sent all of it. */
export const ABANDONED = 'abandoned';

/** A kind of request. */
export interface Kind {
  readonly name: string;
  /** How many of all requests are of it, in parts of the sum of all. */
  readonly weight: number;
  /** How each has to end: with a status, or ABANDONED. */
  readonly expected: string;
  /** Sends the request of this number. */
  send(index: number): Promise<string>;
}

/** How long a client that stops half-way stays. */
const SLOW_CLIENT_MS = 500;
const LARGE_BODY_BYTES = 1_000_000;

/** What clients of the shipped models send, the good ones and the others. */
export function shippedMix(connections: Connections): Kind[] {
  const models = GOLDEN_MODELS.map((name) => ({ name, rows: readCard(name).examples }));
  const predict = (rows: number) =>
    models.map(({ name, rows: examples }) => {
      const instances = Array.from({ length: rows }, (_, i) => examples[i % examples.length]);
      return httpRequest('POST', `/models/${name}/predict`, JSON.stringify({ instances }));
    });
  const tensors = models.map(({ name, rows }) => tensorRequests(name, rows));
  const single = predict(1);
  const large = largeRequest(models[0]?.rows[0] ?? []);
  const half = single.map((request) => request.subarray(0, request.byteLength - 20));
  const alone = single.map(withoutKeepAlive);

  const kept = (requests: readonly Uint8Array[]) => (index: number) =>
    connections.send(pick(requests, index));
  return [
    { name: 'single row', weight: 600, expected: '200', send: kept(single) },
    { name: '64 rows', weight: 80, expected: '200', send: kept(predict(64)) },
    { name: 'V2 JSON', weight: 120, expected: '200', send: kept(tensors.map(({ json }) => json)) },
    {
      name: 'V2 binary',
      weight: 100,
      expected: '200',
      send: kept(tensors.map(({ binary }) => binary)),
    },
    { name: 'invalid', weight: 40, expected: '400', send: kept(invalidRequests()) },
    {
      name: 'without keep-alive',
      weight: 54,
      expected: '200',
      send: (index) => connections.sendAlone(pick(alone, index)),
    },
    {
      name: 'stops half-way',
      weight: 5,
      expected: ABANDONED,
      send: (index) => connections.abandon(pick(half, index), SLOW_CLIENT_MS, ABANDONED),
    },
    { name: 'large body', weight: 0.2, expected: '200', send: () => connections.send(large) },
  ];
}

/** Spreads kinds over the numbers of requests by their weights, evenly and the same each time. */
export function kindOf(kinds: readonly Kind[], index: number): Kind {
  const total = kinds.reduce((sum, { weight }) => sum + weight, 0);
  // Multiples of the golden ratio's fraction fill the interval evenly, however many there are.
  let place = ((index * 0.618_033_988_749_895) % 1) * total;
  const found = kinds.find(({ weight }) => {
    place -= weight;
    return place < 0;
  });
  const kind = found ?? kinds[0];
  if (!kind) throw new Error('there are no kinds');
  return kind;
}

function pick(requests: readonly Uint8Array[], index: number): Uint8Array {
  return requests[index % requests.length] ?? new Uint8Array();
}

/** The same rows for the Open Inference Protocol, as JSON and as bytes. */
function tensorRequests(model: string, rows: readonly (readonly number[])[]) {
  const values = rows.flat();
  const double = model === 'diabetes';
  const shape = [rows.length, rows[0]?.length ?? 0];
  const head = { name: 'features', datatype: double ? 'FP64' : 'FP32', shape };
  const bytes = new Uint8Array((double ? Float64Array : Float32Array).from(values).buffer);
  const sized = { ...head, parameters: { binary_data_size: bytes.byteLength } };
  const path = `/v2/models/${model}/infer`;
  const text = Buffer.from(
    JSON.stringify({ inputs: [sized], parameters: { binary_data_output: true } }),
  );
  return {
    json: httpRequest('POST', path, JSON.stringify({ inputs: [{ ...head, data: values }] })),
    binary: httpRequest('POST', path, Buffer.concat([text, bytes]), {
      'Content-Type': 'application/octet-stream',
      'Inference-Header-Content-Length': String(text.byteLength),
    }),
  };
}

function invalidRequests(): Uint8Array[] {
  const tensor = { name: 'features', datatype: 'FP32', shape: [1, 30], data: [1, 2, 3] };
  return [
    httpRequest('POST', '/predict', '{"instances": [[1, 2'),
    httpRequest('POST', '/predict', '{"instances": [[1, 2, 3]]}'),
    httpRequest('POST', '/predict', '{"rows": [[1, 2, 3]]}'),
    httpRequest('POST', '/predict', JSON.stringify({ instances: [Array(30).fill('x')] })),
    httpRequest('POST', '/v2/models/breast-cancer/infer', JSON.stringify({ inputs: [tensor] })),
  ];
}

function largeRequest(row: readonly number[]): Uint8Array {
  const length = Math.floor(LARGE_BODY_BYTES / JSON.stringify(row).length);
  const instances = Array.from({ length }, () => row);
  return httpRequest('POST', '/models/breast-cancer/predict', JSON.stringify({ instances }));
}

function withoutKeepAlive(request: Uint8Array): Uint8Array {
  const text = Buffer.from(request).toString('latin1');
  return Buffer.from(text.replace('\r\n', '\r\nConnection: close\r\n'), 'latin1');
}
