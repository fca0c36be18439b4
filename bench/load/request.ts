/** A whole HTTP request as bytes, made once and sent many times. */
export function httpRequest(
  method: 'GET' | 'POST',
  path: string,
  body: string | Uint8Array = '',
  headers: Readonly<Record<string, string>> = {},
): Uint8Array {
  const bytes = typeof body === 'string' ? Buffer.from(body) : body;
  const all = {
    Host: '127.0.0.1',
    ...(method === 'POST' && {
      'Content-Type': 'application/json',
      'Content-Length': String(bytes.byteLength),
    }),
    ...headers,
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.concat([Buffer.from(`${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n`), bytes]);
}
