import {
  ANY,
  CHUNKED,
  each,
  head,
  JSON_BODY,
  JSON_LENGTH,
  posted,
  type RawRequest,
  READ,
  REFUSED,
  raw,
  SMUGGLED,
  type Statuses,
  say,
  TOLD,
} from './hostile-raw.ts';

/** Bodies of which it is not clear where they end: what is smuggled past one reader of two. */

const lengths = (statuses: Statuses) => (value: string) =>
  posted(`Content-Length${say(value)}`, `Content-Length:${value}`, JSON_BODY, statuses);
const codings = (statuses: Statuses) => (value: string) =>
  posted(`Transfer-Encoding${say(value)}`, `Transfer-Encoding:${value}`, CHUNKED, statuses);

function smuggling(): RawRequest[] {
  const hidden = `0\r\n\r\n${SMUGGLED}`;
  const refused = (name: string, lines: string, body = CHUNKED) =>
    posted(name, lines, body, REFUSED);
  const [length, chunked] = [`Content-Length: ${JSON_LENGTH}`, 'Transfer-Encoding: chunked'];
  const told = 'GET /healthz HTTP/1.1';
  const read = (name: string, lines: string, body: string) =>
    raw(name, head(told, lines) + body + head(told, 'Connection: close'), TOLD);
  return [
    refused('CL and TE', `Content-Length: 5\r\n${chunked}`, hidden),
    refused('TE and CL', `${chunked}\r\nContent-Length: 5`, hidden),
    refused('CL and TE, differently written', 'content-length: 5\r\ntRANSFER-eNCODING: cHUNKED'),
    refused('CL and an unknown TE', 'Content-Length: 5\r\nTransfer-Encoding: x', hidden),
    refused('two CLs', `Content-Length: 5\r\n${length}`, JSON_BODY),
    refused('the same CL twice', `${length}\r\n${length}`, JSON_BODY),
    refused('a folded CL', `Content-Length:\r\n ${JSON_LENGTH}`, JSON_BODY),
    refused('a folded TE', 'Transfer-Encoding:\r\n chunked'),
    refused('a folded line that hides TE', `X-A: 1\r\n ${chunked}`),
    refused('two TEs', `${chunked}\r\nTransfer-Encoding: identity`),
    refused('two chunked TEs', `${chunked}\r\n${chunked}`),
    refused('a space before the colon of TE', 'Transfer-Encoding : chunked'),
    refused('a tab before the colon of CL', `Content-Length\t: ${JSON_LENGTH}`, JSON_BODY),
    refused('a space before TE', ` ${chunked}`),
    refused('TE behind a bare CR', `X-A: 1\r${chunked}`),
    refused('TE behind a bare LF', `X-A: 1\n${chunked}`),
    refused('TE behind a NUL', `X-A: 1\0\r\n${chunked}`),
    posted('no length at all', 'X-A: 1', JSON_BODY, [400, 400]),
    posted('CL that Connection names', `Connection: Content-Length\r\n${length}`, JSON_BODY, READ),
    raw('TE of HTTP/1.0', `POST /predict HTTP/1.0\r\n${chunked}\r\n\r\n${CHUNKED}`, REFUSED),
    read('a GET with a body', `Content-Length: ${SMUGGLED.length}`, SMUGGLED),
    read('a GET with chunks', chunked, CHUNKED),
    raw('a GET with a chunk that is none', `${head(told, chunked)}zz\r\n${SMUGGLED}`, ANY),
    ...['', '\u00b2', ' 19\x0b', ` ${'9'.repeat(30)}`].map(lengths(REFUSED)),
    ...each('␣ ␣-1 ␣+5 ␣0x13 ␣1e1 ␣19.0 ␣19␣19 ␣19,␣19 ␣19,18 ␣19; ␣a', lengths(REFUSED)),
    ...['\t19', ` ${'0'.repeat(300)}19`].map(lengths(READ)),
    ...each('␣9999999999999999 ␣9999999999999999999', lengths([413])),
    ...['', '\x0bchunked', ' chunked\x0b', ' \u00e4'].map(codings(REFUSED)),
    ...each('␣xchunked ␣chunkedx ␣x ␣identity ␣chunked,␣identity ␣deflate', codings(REFUSED)),
    ...each('␣chunked,␣chunked ␣"chunked" ␣chunked;q=1 ␣chunked,', codings(REFUSED)),
    ...each('␣,chunked \tchunked', codings(READ)),
    ...each('␣gzip,␣chunked', codings(ANY)),
  ];
}

/** Chunks of sizes that are none, and what may stand beside them. */
function chunking(): RawRequest[] {
  const size = JSON_LENGTH.toString(16);
  const end = '\r\n0\r\n\r\n';
  const chunks = (name: string, body: string, statuses: Statuses) =>
    posted(`chunks: ${name}`, 'Transfer-Encoding: chunked', body, statuses);
  const read = (name: string, body: string) => chunks(name, body, READ);
  const refused = (name: string, body: string) => chunks(name, body, REFUSED);
  const sized = (wrong: string) =>
    refused(`a size of ${say(wrong)}`, `${wrong}\r\n${JSON_BODY}${end}`);
  const extended = (extension: string) => `${size}${extension}\r\n${JSON_BODY}${end}`;
  const trailed = (trailer: string) => `${size}\r\n${JSON_BODY}\r\n0\r\n${trailer}\r\n\r\n`;
  return [
    ...each('zz -1 +13 0x13 ␣13 1_3 13␣13 \u00b2 g 13\0 1.3 80000000 7fffffff', sized),
    ...['', ...[15, 16, 17].map((digits) => 'f'.repeat(digits)), `7${'f'.repeat(15)}`].map(sized),
    read('zeros ahead of a size', '0'.repeat(2000) + extended('')),
    read('an extension', extended(';a=b')),
    read('an extension in quotes', extended(';a="\\";b"')),
    read('many extensions', `1;${'a'.repeat(200)}\r\n \r\n`.repeat(50) + extended('')),
    read('a chunk for each byte', JSON_BODY.replaceAll(/./g, '1\r\n$&\r\n') + end.slice(2)),
    read('a hundred thousand chunks', '1\r\n \r\n'.repeat(100_000) + end.slice(2)),
    read('a trailer', trailed('X-Trailer: 1')),
    read('a __proto__ in the trailer', trailed('__proto__: polluted')),
    refused('spaces behind a size', extended('  ')),
    refused('an extension with a line break', extended(';a\n')),
    refused('an extension without a name', extended(';')),
    refused('an extension of 20 kB', extended(`;${'a'.repeat(20_000)}`)),
    refused('a chunk longer than its size', `${size}\r\n${JSON_BODY}xx${end}`),
    refused('a chunk shorter than its size', `${size}\r\n${JSON_BODY.slice(2)}${end}`),
    refused('line feeds alone', `${size}\n${JSON_BODY}\n0\n\n`),
    refused('carriage returns alone', `${size}\r${JSON_BODY}\r0\r\r`),
    refused('a length in the trailer', trailed('Content-Length: 5')),
    refused('a trailer that is none', trailed('no trailer')),
    chunks('a trailer of 20 kB', trailed(`X-T: ${'a'.repeat(20_000)}`), ANY),
  ];
}

/** Requests that stop before they are complete. */
function cutOff(): RawRequest[] {
  const [post, chunked] = ['POST /predict HTTP/1.1', 'Transfer-Encoding: chunked'];
  const unread = head('GET /healthz HTTP/1.1', 'Content-Length: 99');
  return [
    raw('nothing', '', []),
    raw('a byte', 'G', REFUSED),
    raw('half a request line', 'GET /hea', REFUSED),
    raw('half a header', 'GET /healthz HTTP/1.1\r\nHo', REFUSED),
    raw('half a body', `${head(post, 'Content-Length: 99')}{"inst`, REFUSED),
    raw('half a chunk', `${head(post, chunked)}ff\r\n{"inst`, REFUSED),
    raw('chunks without an end', head(post, chunked) + CHUNKED.slice(0, -5), REFUSED),
    raw('half a body that nobody reads', `${unread}{"inst`, [200]),
  ];
}

export function hostileFraming(): RawRequest[] {
  return [...smuggling(), ...chunking(), ...cutOff()];
}
