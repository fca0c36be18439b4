import { words } from './hostile-values.ts';

type Header = readonly [name: string, value: string];

const each = (name: string, ...values: readonly string[]): Header[] =>
  values.map((value) => [name, value]);
const eachWord = (name: string, text: string) => each(name, ...words(text));

const [ones, zeros] = ['1'.repeat(32), '0'.repeat(32)];
const span = '1'.repeat(16);

/** Headers that fetch can send, in the place of those of a request; the rest are among the raw requests. */
export const HEADERS: readonly Header[] = [
  ...eachWord(
    'Content-Type',
    '; text/plain text/csv application/ /json */* application/vnd.x+json',
  ),
  ...eachWord('Content-Type', 'application/octet-stream application/x-www-form-urlencoded'),
  ...eachWord(
    'Content-Type',
    'application/json;charset=utf-16 "application/json" application/json,',
  ),
  ...each('Content-Type', '', 'TEXT/CSV; header=absent', 'multipart/form-data; boundary=x'),
  ...each('Content-Type', `application/${'a.'.repeat(4000)}json`, 'x'.repeat(9000)),
  ...each('Content-Type', 'application/json\u00a0', 'application/json, text/csv'),
  ...eachWord(
    'Content-Encoding',
    'gzip deflate br zstd compress x-gzip gzip,deflate GZIP identity',
  ),
  ...eachWord('Content-Encoding', 'IDENTITY aws-chunked none gzip;q=1 \u00e4'),
  ...each('Content-Encoding', '', 'gzip, gzip', 'x'.repeat(2000)),
  ...eachWord(
    'Accept-Encoding',
    'gzip gzip;q=0 * gzip;q=NaN gzip;q=1e999 ; ,,, identity;q=0 *;q=0',
  ),
  ...each('Accept-Encoding', 'br, zstd', 'gzip,'.repeat(1000), `gzip;${'q=1;'.repeat(500)}`),
  ...eachWord('X-Request-Id', String.raw`a"b <script> \r\nX-Injected:1 {"a":1} a'b \u0085`),
  ...eachWord('X-Request-Id', 'ä ../../etc/passwd'),
  ...each('X-Request-Id', '', 'a b', 'a\tb', '%0d%0aX-Injected: 1', '\u0085', '\u00a0'),
  ...each('X-Request-Id', 'x'.repeat(129), 'x'.repeat(5000)),
  ...each('traceparent', '', '00', `00-${zeros}-${span}-01`, `ff-${ones}-${span}-01`, '00-ä'),
  ...each('traceparent', `00-${ones}-${span}-01-x`, `00-${ones.replaceAll('1', 'A')}-${span}-01`),
  ...each('traceparent', `01-${ones}-${span}-ff-%0d%0aX-Injected: 1`, `0-${'1'.repeat(7000)}`),
  ...eachWord(
    'Inference-Header-Content-Length',
    '-1 -0 0 1 +5 1.5 1e3 0x10 NaN Infinity 5; ² true',
  ),
  ...eachWord('Inference-Header-Content-Length', '9007199254740993 4294967296 10\u00a0'),
  ...each('Inference-Header-Content-Length', '', '5, 5', '9'.repeat(30), '0'.repeat(5000)),
  ...eachWord('Authorization', 'Bearer Negotiate ä'),
  ...each('Authorization', '', 'Bearer ä', 'Bearer a b', 'Bearer ====', 'Bearer a, Bearer b'),
  ...each('Authorization', 'Basic YTpi', 'bearer a', `Bearer ${'a'.repeat(9000)}`),
  ...eachWord('Range', 'bytes=0-0 bytes=-1 bytes=9-1 rows=1-2 x'),
  ...each('Range', `bytes=${'0-,'.repeat(1000)}`),
  ...eachWord('Origin', 'null https://evil.example x https://a.exampleä *'),
  ...eachWord('Accept', 'application/xml */*;q=0 text/html ;'),
  ...each('Accept', 'x'.repeat(4000)),
  ...each('Cookie', 'a'.repeat(8000), '__proto__=1', ';;;='),
  ...eachWord('X-HTTP-Method-Override', 'DELETE CONNECT ä'),
  ...each('X-Forwarded-For', '127.0.0.1', "1.2.3.4, ' OR 1=1", 'x'.repeat(3000)),
  ...eachWord('CF-Connecting-IP', '::1 x ä'),
  ['If-None-Match', '*'],
  ['If-Modified-Since', 'Mon, 99 Foo 9999 99:99:99 GMT'],
  ['If-Range', 'x'],
  ['Max-Forwards', '-1'],
  ['X-Original-URL', '/metrics'],
  ['X-Rewrite-URL', '/v2/repository/models/digits/unload'],
  ['Forwarded', 'for="[::1]";host=evil.example'],
  ['X-Forwarded-Host', 'evil.example'],
  ['__proto__', 'polluted'],
  ['constructor', 'polluted'],
  ['HTTP2-Settings', 'AAMAAABk'],
  ['Sec-WebSocket-Key', 'x'],
  ['X-Large', 'x'.repeat(12_000)],
  ['Content-Language', 'ÿ'.repeat(100)],
  ['Access-Control-Request-Method', 'PUT'],
];
