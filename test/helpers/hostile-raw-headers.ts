import {
  ANY,
  each,
  head,
  health,
  JSON_BODY,
  JSON_LENGTH,
  NEXT,
  posted,
  type RawRequest,
  READ,
  REFUSED,
  raw,
  type Statuses,
  say,
  TOLD,
} from './hostile-raw.ts';
import { words } from './hostile-values.ts';

/** Header lines that fetch would not let out, and what stands behind a request. */

const lines = (statuses: Statuses) => (text: string) =>
  health(`the header ${say(text)}`, text, statuses);
const long = 'a'.repeat(20_000);
const numbered = (count: number) =>
  Array.from({ length: count }, (_, i) => `X${i}: a`).join('\r\n');

/** Values in which another header may be taken to begin. */
function injected(): RawRequest[] {
  const names = words(
    'X-Request-Id traceparent Content-Type Origin Inference-Header-Content-Length',
  );
  return names.flatMap((name) => [
    ...['\r', '\n', '\0', '\r\n '].map((end) =>
      health(`${name} with ${say(end)} in it`, `${name}: a${end}X-Injected: 1`, REFUSED),
    ),
    health(`${name} with NEL in it`, `${name}: a\x85X-Injected: 1`, TOLD),
  ]);
}

function twice(): RawRequest[] {
  const row = (statuses: Statuses) => (name: string) =>
    posted(
      `${name} twice`,
      `${name}: a\r\n${name}: b\r\nContent-Length: ${JSON_LENGTH}`,
      JSON_BODY,
      statuses,
    );
  return [
    ...each('X-Request-Id traceparent Authorization Accept-Encoding Connection Range', row(READ)),
    ...each('Expect Cookie Inference-Header-Content-Length __proto__', row(READ)),
    ...each('Content-Type Content-Encoding', row([415, 200])),
  ];
}

function expected(): RawRequest[] {
  const expecting = (value: string) =>
    posted(
      `Expect: ${value.slice(0, 20)}`,
      `Expect: ${value}\r\nContent-Length: ${JSON_LENGTH}`,
      JSON_BODY,
      READ,
    );
  const get = head('GET /healthz HTTP/1.1', 'Expect: 100-continue', 'Connection: close');
  return [
    ...['100-continue', '200-ok', '100-continue,'.repeat(500)].map(expecting),
    raw('Expect without a body', get, [200]),
  ];
}

export function hostileLines(): RawRequest[] {
  const get = head('GET /healthz HTTP/1.1');
  const tooLarge = 'Connection: close\r\nContent-Length: 99999999';
  return [
    ...each('X-A :␣a ␣:␣a X␣A:␣a X-\u00e4:␣a X-A\0:␣a X-(A):␣a "X-A":␣a X-A:␣a\0b', lines(REFUSED)),
    ...each('X-A:␣\x01 X-A:␣a\x7f \tX-A:␣a X-A:␣a\r\t =:␣a \0', lines(REFUSED)),
    ...['X-A: a\r\n b', 'X-A: a\r\n\tb'].map(lines(REFUSED)),
    ...each('__proto__:␣a Keep-Alive:␣timeout=99999999,␣max=-1', lines(TOLD)),
    ...injected(),
    ...twice(),
    ...expected(),
    health('a header of 20 kB', `X-A: ${long}`, [431]),
    health('a name of 20 kB', `${long}: a`, [431]),
    health('a header of 15 kB', `X-A: ${long.slice(0, 15_000)}`, TOLD),
    health('a thousand headers', numbered(1000), ANY),
    health('five thousand headers', numbered(5000), [431]),
    health('a connection of everything', 'Connection: keep-alive, close, upgrade, x', ANY),
    raw('a length that is too large', head('POST /predict HTTP/1.1', tooLarge), [413]),
    raw('fifty requests at once', get.repeat(50) + NEXT, Array<number>(51).fill(200)),
    raw('garbage behind a request', `${get}\0\xff${'z'.repeat(100)}\r\n\r\n`, ANY),
    raw('a body behind a request without one', get + JSON_BODY + NEXT, ANY),
  ];
}
