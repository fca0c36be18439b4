import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { LANGUAGES } from '../../src/site/browser/call-text.ts';

describe('a call by curl', () => {
  it.each([
    ['few rows, with every kind of quote', [{ "it's": 1, '"so"': '`$HOME`\\n' }]],
    ['more than an argument of a command may hold', Array(20_000).fill({ "it's": 0.25 })],
  ])('sends %s as they are', async (_, instances) => {
    const server = createServer(async (request, response) => {
      response.end(JSON.stringify(await json(request)));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const url = `http://127.0.0.1:${port}/`;
    try {
      const shell = spawn('sh', { stdio: ['pipe', 'pipe', 'inherit'] });
      shell.stdin.end(LANGUAGES.curl({ url, instances, needsToken: false }));
      expect(await json(shell.stdout)).toEqual({ instances });
    } finally {
      server.close();
    }
  });
});
