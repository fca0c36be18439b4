import { gunzipSync, gzipSync } from 'node:zlib';
import { isDeeperThan } from '../../src/http/json-depth.ts';
import { Dice } from './hostile-dice.ts';
import { HEADERS } from './hostile-headers.ts';
import { changeJson } from './hostile-json.ts';
import { type HostileRequest, joinBytes, toBytes } from './hostile-request.ts';
import { SEEDS, WITH_BODY } from './hostile-seeds.ts';
import { METHODS, QUERIES, SEGMENTS } from './hostile-values.ts';

/** Makes something hostile of a request that is right. */
type Mutation = (request: HostileRequest, dice: Dice) => HostileRequest;

/** Requests made of right ones by chance, the same for the same seed. */
export function mutatedRequests(count: number, seed: number): HostileRequest[] {
  const dice = new Dice(seed);
  return Array.from({ length: count }, (_, i) => {
    const [kind, mutate, of] = KINDS[i % KINDS.length] ?? KINDS[0];
    const request = dice.pick(of);
    const changed = mutate(request, dice);
    const twice = dice.below(8) === 0 ? dice.pick(KINDS)[1](changed, dice) : changed;
    return { ...twice, name: `mutation ${i}, ${kind}: ${request.name}` };
  });
}

/** Cuts, copies or overwrites bytes. */
export function changeBytes(bytes: Uint8Array, dice: Dice): Uint8Array<ArrayBuffer> {
  const at = dice.below(bytes.byteLength + 1);
  const to = at + dice.below(64);
  const [before, after] = [bytes.subarray(0, at), bytes.subarray(at)];
  switch (dice.below(6)) {
    case 0:
      return joinBytes([before]);
    case 1:
      return joinBytes([before, dice.bytes(1 + dice.below(8)), after]);
    case 2:
      return joinBytes([before, bytes.subarray(to)]);
    case 3:
      return joinBytes([bytes, bytes.subarray(at)]);
    case 4:
      return joinBytes([before, bytes.subarray(at, to), after]);
    default: {
      const changed = new Uint8Array(bytes);
      for (let times = 1 + dice.below(6); times > 0; times--) {
        changed[dice.below(changed.byteLength)] = dice.below(256);
      }
      return changed;
    }
  }
}

const mutateBytes: Mutation = (request, dice) => {
  return request.body ? { ...request, body: changeBytes(request.body, dice) } : request;
};

/** Changes a value or a name, and sends it as the request was sent: compressed, or before its bytes. */
const mutateJson: Mutation = (request, dice) => {
  const { body, headers } = request;
  if (!body || headers['Content-Type'] === 'text/csv') return mutateBytes(request, dice);
  const isGzipped = headers['Content-Encoding'] === 'gzip';
  const length = Number(headers['Inference-Header-Content-Length'] ?? body.byteLength);
  const head = isGzipped ? tryGunzip(body) : body.subarray(0, length);
  const json = tryParse(head);
  if (json === undefined) return mutateBytes(request, dice);
  const text = toBytes(changeJson(json, dice));
  if (isGzipped) return { ...request, body: toBytes(gzipSync(text)) };
  const sized = length !== body.byteLength && {
    'Inference-Header-Content-Length': String(text.byteLength),
  };
  return {
    ...request,
    headers: { ...headers, ...sized },
    body: joinBytes([text, body.subarray(length)]),
  };
};

const mutateHeaders: Mutation = (request, dice) => {
  const headers = { ...request.headers };
  for (let times = 1 + dice.below(2); times > 0; times--) {
    const [name, value] = dice.pick(HEADERS);
    delete headers[name];
    // Not an assignment: one of the names is __proto__.
    Object.defineProperty(headers, name, { value, enumerable: true, configurable: true });
  }
  return { ...request, headers };
};

const mutatePath: Mutation = (request, dice) => {
  if (dice.below(4) === 0) return { ...request, path: request.path + dice.pick(QUERIES) };
  const parts = request.path.split('/');
  const at = 1 + dice.below(parts.length - 1);
  const segment = dice.pick(SEGMENTS);
  const isCall = parts[at]?.endsWith(':predict') && dice.below(2) === 0;
  const extra = dice.below(6) === 0 ? 0 : 1;
  const path = parts.toSpliced(at, extra, isCall ? `${segment}:predict` : segment).join('/');
  return { ...request, path };
};

const mutateMethod: Mutation = ({ body, ...request }, dice) => {
  const method = dice.pick(METHODS);
  const takesBody = method !== 'GET' && method !== 'HEAD';
  return { ...request, method, ...(takesBody && body && { body }) };
};

/** Each with those that it is for; those that find most come more than once. */
const KINDS: readonly [
  readonly [string, Mutation, readonly HostileRequest[]],
  ...(readonly [string, Mutation, readonly HostileRequest[]])[],
] = [
  ['a value', mutateJson, WITH_BODY],
  ['bytes', mutateBytes, WITH_BODY],
  ['a value', mutateJson, WITH_BODY],
  ['a header', mutateHeaders, WITH_BODY],
  ['a value', mutateJson, WITH_BODY],
  ['the path', mutatePath, SEEDS],
  ['a value', mutateJson, WITH_BODY],
  ['bytes', mutateBytes, WITH_BODY],
  ['a value', mutateJson, WITH_BODY],
  ['a header', mutateHeaders, SEEDS],
  ['the method', mutateMethod, SEEDS],
  ['the path', mutatePath, SEEDS],
];

/** @returns undefined for what is no JSON, or too deep to be copied */
function tryParse(bytes: Uint8Array): unknown {
  if (isDeeperThan(bytes, 100)) return undefined;
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
}

function tryGunzip(bytes: Uint8Array): Uint8Array {
  try {
    return gunzipSync(bytes);
  } catch {
    return bytes;
  }
}
