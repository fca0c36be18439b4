import { Readable } from 'node:stream';
import type { Context } from 'hono';
import { describe, expect, it } from 'vitest';
import { readIncomingBody } from '../../../src/http/node/body.ts';

describe('a body', () => {
  it('of a client that has gone before it was read is one that broke off', async () => {
    const incoming = Object.assign(new Readable({ read: () => {} }), { headers: {} });
    incoming.destroy();
    // The adapter's own request, of which the reader looks at no more than this.
    const context = { env: { incoming } } as unknown as Context;
    const limits = { maxBytes: 100, timeoutMs: 1000, hold: () => {} };
    await expect(readIncomingBody(context as never, limits)).rejects.toMatchObject({
      code: 'bad_request',
    });
  });
});
