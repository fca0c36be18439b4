import {
  ANY,
  each,
  head,
  health,
  NEXT,
  type RawRequest,
  REFUSED,
  raw,
  SMUGGLED,
  type Statuses,
  say,
  TOLD,
} from './hostile-raw.ts';

/** Request lines, targets, hosts and methods that fetch would not let out. */

const line = (statuses: Statuses) => (text: string) =>
  raw(`the line ${say(text)}`, head(text, 'Connection: close'), statuses);
const version = (statuses: Statuses) => (text: string) => line(statuses)(`GET /healthz ${text}`);
const target = (statuses: Statuses) => (text: string) =>
  raw(`target ${say(text)}`, head(`GET ${text} HTTP/1.1`, 'Connection: close'), statuses);
const method = (statuses: Statuses) => (text: string) =>
  raw(`method ${say(text)}`, head(`${text} /predict HTTP/1.1`, 'Connection: close'), statuses);
const host = (statuses: Statuses) => (text: string) =>
  raw(
    `Host${say(text)}`,
    `GET /healthz HTTP/1.1\r\nHost:${text}\r\nConnection: close\r\n\r\n`,
    statuses,
  );

const [NOT_FOUND, ALIVE, TOO_LONG]: Statuses[] = [[404], [200], [414]];

function requestLines(): RawRequest[] {
  const refused = (name: string, text: string) => raw(name, text, REFUSED);
  return [
    ...each('GET\t/healthz\tHTTP/1.1 ␣GET␣/healthz␣HTTP/1.1 GET␣/healthz␣HTTP/1.1␣', line(REFUSED)),
    ...each('GET GET␣/hea␣lthz␣HTTP/1.1 GET␣/\0␣HTTP/1.1', line(REFUSED)),
    ...each('GET␣/\r␣HTTP/1.1 GET␣/\x7f␣HTTP/1.1 GET␣/\x01␣HTTP/1.1', line(REFUSED)),
    ...['', ...each('HTTP HTTP/ HTTP/1 HTTP/2 HTTP/1.2 HTTP/9.9 H \u00e4', String)].map(
      version(REFUSED),
    ),
    ...each('HTTP/1.10 HTTP/01.1 HTTP/1,1 HTTP/1.1.1 HTTP/-1.1 http/1.1', version(REFUSED)),
    ...each('HTTPS/1.1 ICE/1.0 HTTP␣/1.1', version(REFUSED)),
    ...each('HTTP/1.0', version(ALIVE)),
    ...each('GET␣␣/healthz␣HTTP/1.1 GET␣/healthz', line(ANY)),
    ...each('HTTP/0.9 HTTP/2.0 RTSP/1.0', version(ANY)),
    refused('HTTP/0.9', 'GET /healthz\r\n'),
    raw('HTTP/1.0 without a host', 'GET /healthz HTTP/1.0\r\n\r\n', ALIVE),
    raw(
      'HTTP/1.0 that stays',
      `GET /healthz HTTP/1.0\r\nConnection: keep-alive\r\n\r\n${NEXT}`,
      TOLD,
    ),
    refused('no host', 'GET /healthz HTTP/1.1\r\nConnection: close\r\n\r\n'),
    refused('no headers', 'GET /healthz HTTP/1.1\r\n\r\n'),
    refused('line feeds alone', 'GET /healthz HTTP/1.1\nHost: a\nConnection: close\n\n'),
    refused('carriage returns alone', 'GET /healthz HTTP/1.1\rHost: a\rConnection: close\r\r'),
    raw('empty lines ahead', `${'\r\n'.repeat(100)}${NEXT}`, ALIVE),
    raw('line feeds ahead', `${'\n'.repeat(100)}${NEXT}`, ALIVE),
    refused('the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0'),
    refused('a hello of TLS', `\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03${'\x42'.repeat(500)}`),
    refused('a banner of SSH', 'SSH-2.0-OpenSSH_9.9\r\n'),
    refused('a greeting of SMTP', 'EHLO a\r\nMAIL FROM:<a@a>\r\n'),
    refused('a line of the PROXY protocol', `PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\n${NEXT}`),
    refused('an answer', 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'),
    refused('NULs', '\0'.repeat(5000)),
    refused('every byte', String.fromCharCode(...Array.from({ length: 256 }, (_, i) => i))),
  ];
}

function targets(): RawRequest[] {
  const connect = (name: string, to: string, behind: string) =>
    raw(name, `CONNECT ${to} HTTP/1.1\r\nHost: a\r\n\r\n${behind}`, ANY);
  return [
    ...each('http://evil.example/healthz https://a/healthz http://a:b@c/healthz', target(ALIVE)),
    ...each('/healthz#a /./healthz /x/../healthz', target(ALIVE)),
    ...each('HTTP://A/healthz ftp://a/healthz http:// http://[::1/healthz', target(ANY)),
    ...each('http://a:99999/healthz http://%00/healthz /\\healthz', target(ANY)),
    ...each('** healthz ?a # #/healthz ; \\\\evil.example\\healthz', target(REFUSED)),
    ...each('http:/healthz javascript:alert(1) data:,x /models/..\\..\\etc', target(REFUSED)),
    ...each(
      '/\u00ff /\u00c3\u00bc /models/\u00f0\u009f\u00a6\u008a /a?\u00e4#\u00e4',
      target(REFUSED),
    ),
    target(ANY)('*'),
    raw('OPTIONS *', head('OPTIONS * HTTP/1.1', 'Connection: close'), ANY),
    ...each('http:///healthz //evil.example/healthz ///healthz /% /%zz /%00', target(NOT_FOUND)),
    ...each('/<>"{}|^` /[ /healthz/. /models/digits/.. /../../../etc/passwd', target(NOT_FOUND)),
    ...each('/models/../../../../etc/passwd /%2e%2e/%2e%2e/etc/passwd', target(NOT_FOUND)),
    ...each('/models/%2e%2e%2f%2e%2e%2fetc', target(NOT_FOUND)),
    ...[`/${'b'.repeat(10_000)}`, `/healthz?${'a'.repeat(15_000)}`].map(target(TOO_LONG)),
    target([431])(`/${'a'.repeat(20_000)}`),
    raw('OPTIONS', head('OPTIONS /predict HTTP/1.1', 'Connection: close'), [405]),
    connect('CONNECT', 'evil.example:443', SMUGGLED),
    connect('CONNECT to the server itself', 'localhost:8000', NEXT),
    connect('CONNECT to a path', '/healthz', ''),
  ];
}

function hosts(): RawRequest[] {
  const absolute = 'GET http://a/healthz HTTP/1.1\r\nHost: b\r\nConnection: close\r\n\r\n';
  const odd = each('␣a␣b ␣a/b ␣a/../metrics ␣a@b ␣a:b@c ␣[::1 ␣[v1.x] ␣a:99999999 ␣a:-1', String);
  const more = each('␣a: ␣a:8000:8000 ␣a:\u00b2 ␣%00 ␣a\0b ␣a\tb ␣\u00c3\u00bc ␣a?b ␣a#b', String);
  return [
    ...['', ' ', ...odd, ...more, ' a\\b', ' http://a', ' a%2fb'].map(host(REFUSED)),
    ...each('␣evil.example ␣[::1] ␣127.1 ␣_ ␣xn--', host(ALIVE)),
    host(ALIVE)(` ${'a'.repeat(5000)}`),
    ...each('␣.. ␣a..b ␣* ␣a,b ␣0x7f.1 ␣- ␣999.999.999.999', host(ANY)),
    health('two hosts', 'Host: b', ANY),
    health('the same host twice', 'Host: a', ANY),
    health('a folded host', ' b', REFUSED),
    raw('an absolute target and another host', absolute, ALIVE),
  ];
}

function methods(): RawRequest[] {
  const upgrade = (to: string, ...lines: string[]) =>
    health(`Upgrade: ${to}`, ['Connection: Upgrade', `Upgrade: ${to}`, ...lines].join('\r\n'), ANY);
  return [
    ...each('TRACE QUERY M-SEARCH PROPFIND PURGE SOURCE LINK', method([405])),
    ...each('TRACK UPGRADE get G GETT GET\0 G\u00cbT __proto__', method(REFUSED)),
    ...['', 'A'.repeat(20_000)].map(method(REFUSED)),
    upgrade('websocket', 'Sec-WebSocket-Key: eA==', 'Sec-WebSocket-Version: 13'),
    upgrade('h2c', 'HTTP2-Settings: AAMAAABk'),
    upgrade('TLS/1.0'),
    health('an upgrade to nothing', 'Connection: Upgrade', TOLD),
  ];
}

export function hostileTargets(): RawRequest[] {
  return [...requestLines(), ...targets(), ...hosts(), ...methods()];
}
