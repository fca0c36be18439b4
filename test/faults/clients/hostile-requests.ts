import type { ErrorCode } from '../../../src/errors.ts';
import {
  ask,
  type HttpParts,
  httpBytes,
  json,
  type Question,
  UNDER_PRESSURE,
} from '../question.ts';
import { TOKENS } from '../server.ts';

/** Requests that are wrong from their first line on, each with the one error that it has to be answered with. */

const LOAD = '/v2/repository/models/digits/load';
const PREDICT = '/models/digits/predict';

function refused(
  name: string,
  code: ErrorCode,
  parts: Partial<HttpParts>,
  others: readonly ErrorCode[] = [],
): Question {
  return ask(
    `hostile: ${name}`,
    { path: PREDICT, body: '[1]', ...parts },
    { codes: [code, ...others] },
  );
}

const authorized = (token: string) => ({ headers: { Authorization: token } });
const BUSY = [...UNDER_PRESSURE, 'not_ready'] as const;

const REFUSED: readonly Question[] = [
  refused('no token', 'unauthorized', authorized('')),
  refused('a wrong token', 'unauthorized', authorized('Bearer wrong')),
  refused('no bearer', 'unauthorized', authorized(`Basic ${TOKENS.api}`)),
  refused('a token of others', 'forbidden', authorized(`Bearer ${TOKENS.metrics}`)),
  refused('metrics without a token', 'unauthorized', {
    method: 'GET',
    path: '/metrics',
    ...authorized(''),
  }),
  refused('loading without a token', 'unauthorized', { path: LOAD, ...authorized('') }),
  refused('loading with the token of clients', 'forbidden', { path: LOAD }),
  refused('loading what is sent', 'bad_request', {
    path: LOAD,
    body: json({ parameters: { config: '{}' } }),
    ...authorized(`Bearer ${TOKENS.admin}`),
  }),
  refused(
    'loading what is not there',
    'model_not_found',
    {
      path: '/v2/repository/models/nobody/load',
      body: '',
      ...authorized(`Bearer ${TOKENS.admin}`),
      // A repository that cannot be listed just then is not ready.
    },
    ['not_ready'],
  ),
  refused(
    'an unknown model',
    'model_not_found',
    { path: '/models/nobody/predict' },
    UNDER_PRESSURE,
  ),
  refused(
    'an unknown version',
    'version_not_found',
    { path: '/models/digits/versions/77/predict' },
    UNDER_PRESSURE,
  ),
  refused(
    'a version that is none',
    'version_not_found',
    { path: '/models/digits/versions/__proto__/predict' },
    UNDER_PRESSURE,
  ),
  refused('no endpoint', 'not_found', { path: '/nowhere' }),
  refused('a way out', 'not_found', { method: 'GET', path: '/../../etc/passwd' }),
  refused('another method', 'method_not_allowed', { method: 'DELETE' }),
  refused('a method of WebDAV', 'not_found', { method: 'PROPFIND', path: '/everything' }),
  refused('a long URL', 'url_too_long', { path: `/${'a'.repeat(9000)}` }),
  refused(
    'a time that is up',
    'timeout',
    {
      path: '/v2/models/slow/infer',
      body: json({
        parameters: { timeout: 1 },
        inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 16], data: Array(16).fill(1) }],
      }),
    },
    BUSY,
  ),
];

/** Requests that never get to the app, each on a connection of its own, which the answer ends. */
function unreadable(
  name: string,
  code: ErrorCode,
  bytes: (id: string) => string,
  others: Partial<Question> = {},
): Question {
  const text = (id: string) => Buffer.from(bytes(id), 'latin1');
  return { kind: `no request: ${name}`, bytes: text, codes: [code], ...others };
}

const headOf = (id: string, lines: readonly string[]) =>
  `POST ${PREDICT} HTTP/1.1\r\nAuthorization: Bearer ${TOKENS.api}\r\nX-Request-Id: ${id}\r\n${lines
    .map((line) => `${line}\r\n`)
    .join('')}\r\n`;

export const UNREADABLE: readonly Question[] = [
  unreadable('a greeting', 'bad_request', () => 'HELO kilat\r\n\r\n'),
  unreadable('TLS', 'bad_request', () => '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'),
  unreadable('HTTP/2', 'bad_request', () => 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
  unreadable('an unknown method', 'bad_request', (id) =>
    headOf(id, ['Host: x']).replace('POST', 'BREW'),
  ),
  unreadable('a version of HTTP', 'bad_request', (id) =>
    headOf(id, ['Host: x']).replace('/1.1', '/9.9'),
  ),
  unreadable('two lengths', 'bad_request', (id) =>
    headOf(id, ['Host: x', 'Content-Length: 3', 'Transfer-Encoding: chunked']),
  ),
  unreadable('a length that is none', 'bad_request', (id) =>
    headOf(id, ['Host: x', 'Content-Length: -1']),
  ),
  unreadable('a header without a colon', 'bad_request', (id) =>
    headOf(id, ['Host: x', 'nonsense']),
  ),
  unreadable('very large headers', 'headers_too_large', (id) =>
    headOf(id, ['Host: x', `X-Large: ${'a'.repeat(40_000)}`]),
  ),
  // Of these the parser takes the head, and Hono's adapter refuses it.
  unreadable('no host', 'bad_request', (id) => headOf(id, ['Content-Length: 0']), {}),
  unreadable('a host that is none', 'bad_request', (id) =>
    headOf(id, ['Host: a b', 'Content-Length: 0']),
  ),
  unreadable('a URL with a backslash', 'bad_request', (id) =>
    headOf(id, ['Host: x', 'Content-Length: 0']).replace(PREDICT, '/a\\b'),
  ),
];

/** A body in chunks, of which the second is none: its handler tells of it, and the parser answers. */
export const BROKEN_CHUNKS: Question = {
  kind: 'hostile: broken chunks',
  bytes: (id) => {
    const parts = {
      path: PREDICT,
      headers: { 'Transfer-Encoding': 'chunked', 'Content-Type': 'application/json' },
    };
    return Buffer.concat([httpBytes(parts, id), Buffer.from('2\r\n[1\r\nxyz\r\n')]);
  },
  codes: ['bad_request', ...BUSY],
};

/** A request without a fault, and something behind it that is none. */
export const HOSTILE_REQUESTS: readonly Question[] = REFUSED;
