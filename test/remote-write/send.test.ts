import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { encodeBatches } from '../../src/remote-write/encode.ts';
import { createSender, type Receiver as ReceiverSettings } from '../../src/remote-write/send.ts';
import { type Receiver, startReceiver } from '../helpers/receiver.ts';

const NOW = Date.parse('2026-01-01T00:00:00Z');

describe('one attempt to deliver', () => {
  let receiver: Receiver;
  beforeEach(async () => {
    receiver = await startReceiver();
  });
  afterEach(() => receiver.stop());

  async function send(
    settings: Partial<ReceiverSettings> = {},
    timeoutMs = 5000,
    cancelled?: AbortSignal,
  ) {
    const sender = createSender({
      receiver: { url: receiver.url, ...settings },
      userAgent: 'kilat/1.2.3',
      timeoutMs,
      fetch,
      wallTime: () => NOW,
    });
    const sample = { labels: [['__name__', 'g']] as const, value: 7, timestamp: NOW };
    const [batch] = await encodeBatches([sample], 10);
    return sender(batch?.body ?? new Uint8Array(), cancelled);
  }

  it('keeps to what a sender must do', async () => {
    expect(await send()).toEqual({ outcome: 'sent' });
    expect(receiver.violations).toEqual([]);
    expect(receiver.requests[0]?.headers).toMatchObject({
      'content-encoding': 'snappy',
      'content-type': 'application/x-protobuf',
      'user-agent': 'kilat/1.2.3',
      'x-prometheus-remote-write-version': '0.1.0',
    });
    expect(receiver.requests[0]?.headers.authorization).toBeUndefined();
    expect(receiver.accepted()).toEqual([{ series: 'g{}', value: 7, timestamp: NOW }]);
  });

  it('shows its credentials to the receiver', async () => {
    await send({ username: 'müller', password: 'p:w' });
    await send({ bearerToken: 'token' });
    const basic = Buffer.from('müller:p:w').toString('base64');
    expect(receiver.requests.map(({ headers }) => headers.authorization)).toEqual([
      `Basic ${basic}`,
      'Bearer token',
    ]);
  });

  it.each([500, 502, 503, 429])('may try again after %i', async (status) => {
    receiver.answer = (response) => response.writeHead(status).end('busy\n');
    expect(await send()).toEqual({ outcome: 'retry', reason: `status ${status}: busy` });
  });

  it.each([
    ['7', 7000],
    ['Thu, 01 Jan 2026 00:01:30 GMT', 90_000],
    ['Wed, 31 Dec 2025 00:00:00 GMT', 0],
    ['99999', 3_600_000],
    ['soon', undefined],
  ])('keeps to Retry-After: %s', async (header, afterMs) => {
    receiver.answer = (response) => response.writeHead(429, { 'Retry-After': header }).end();
    const result = await send();
    expect(result).toEqual({
      outcome: 'retry',
      reason: 'status 429',
      ...(afterMs !== undefined && { afterMs }),
    });
  });

  it.each([400, 401, 404, 413])('never tries again after %i', async (status) => {
    receiver.answer = (response) => response.writeHead(status).end('out of order sample');
    expect(await send()).toEqual({
      outcome: 'rejected',
      reason: `status ${status}: out of order sample`,
    });
  });

  it('lets no credential through that the receiver repeats', async () => {
    receiver.answer = (response, { headers }) =>
      response.writeHead(400).end(`bad header: ${headers.authorization}, p:w`);
    expect(await send({ bearerToken: 's3cret' })).toEqual({
      outcome: 'rejected',
      reason: 'status 400: bad header: Bearer [redacted], p:w',
    });
    expect(await send({ username: 'me', password: 'p:w' })).toEqual({
      outcome: 'rejected',
      reason: 'status 400: bad header: Basic [redacted], [redacted]',
    });
  });

  it('keeps a refusal short', async () => {
    receiver.answer = (response) => response.writeHead(400).end('x'.repeat(100_000));
    expect(await send()).toEqual({ outcome: 'rejected', reason: `status 400: ${'x'.repeat(300)}` });
  });

  it('does not wait for the body of a success', async () => {
    receiver.answer = (response) => {
      response.writeHead(200, { 'Content-Length': '1000' });
      response.write('{');
    };
    expect(await send()).toEqual({ outcome: 'sent' });
  });

  it('may try again when the receiver does not answer in time', async () => {
    receiver.answer = () => {};
    expect(await send({}, 50)).toEqual({ outcome: 'retry', reason: 'no answer within 0.05 s' });
  });

  it('ends at once when it is cancelled', async () => {
    const cancelled = new AbortController();
    receiver.answer = () => cancelled.abort();
    expect((await send({}, 60_000, cancelled.signal)).outcome).toBe('retry');
    expect(receiver.requests).toHaveLength(1);
  });

  it('may try again when the connection is cut, or refused', async () => {
    receiver.answer = (response) => response.socket?.destroy();
    expect((await send()).outcome).toBe('retry');
    receiver.answer = (response) => {
      response.writeHead(500, { 'Content-Length': '100' });
      response.write('cut in the middle', () => response.socket?.destroy());
    };
    expect((await send()).outcome).toBe('retry');
    const { url } = receiver;
    await receiver.stop();
    expect(await send({ url, bearerToken: 's3cret' })).toEqual({
      outcome: 'retry',
      reason: 'the receiver cannot be reached (ECONNREFUSED)',
    });
    await receiver.start();
  });

  it('follows a redirect on the same origin, with what it was sent', async () => {
    receiver.answer = (response) => {
      receiver.answer = (second) => second.writeHead(204).end();
      response.writeHead(307, { Location: '/elsewhere' }).end();
    };
    expect(await send({ bearerToken: 's3cret' })).toEqual({ outcome: 'sent' });
    expect(receiver.requests.map(({ headers }) => headers.authorization)).toEqual([
      'Bearer s3cret',
      'Bearer s3cret',
    ]);
  });

  it('does not carry credentials to another origin, nor follow in circles', async () => {
    const other = await startReceiver();
    receiver.answer = (response) => response.writeHead(308, { Location: other.url }).end();
    expect(await send({ bearerToken: 's3cret' })).toEqual({
      outcome: 'rejected',
      reason: `redirected to another origin, ${new URL(other.url).origin}`,
    });
    expect(other.requests).toEqual([]);
    await other.stop();
    receiver.answer = (response) => response.writeHead(307, { Location: receiver.url }).end();
    expect(await send()).toEqual({ outcome: 'rejected', reason: 'redirected more than 3 times' });
  });
});
