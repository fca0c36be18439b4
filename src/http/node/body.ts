import type { HttpBindings } from '@hono/node-server';
import type { Context } from 'hono';
import { type BodyLimits, bodyBrokenOff, bodyTooLarge, joinChunks } from '../body.ts';
import { arrivedTooSlowly } from '../deadline.ts';

/**
 * Reads a body from Node's own stream, which gives what came from the socket as it is: a body in one piece, as
 * small ones are, is never copied.
 */
export function readIncomingBody(
  c: Context<{ Bindings: HttpBindings }>,
  { maxBytes, timeoutMs, hold }: BodyLimits,
): Promise<Uint8Array> {
  const { incoming } = c.env;
  const declared = Number(incoming.headers['content-length']);
  // A client that has gone before anybody reads: nothing will come of the stream any more, not even its end.
  if (incoming.destroyed) return Promise.reject(bodyBrokenOff());
  return new Promise((resolve, reject) => {
    const chunks: Uint8Array[] = [];
    let size = 0;
    let settled = false;
    const settle = (end: () => void) => {
      if (settled) return;
      settled = true;
      clearTimeout(timer);
      end();
    };
    const refuse = (error: unknown) => {
      incoming.off('data', take).pause();
      settle(() => reject(error));
    };
    const timer = setTimeout(() => refuse(arrivedTooSlowly()), timeoutMs);
    const finish = () => settle(() => resolve(joinChunks(chunks, size)));
    const take = ({ buffer, byteOffset, byteLength }: Uint8Array) => {
      size += byteLength;
      if (size > maxBytes) return refuse(bodyTooLarge(maxBytes));
      try {
        hold(byteLength);
      } catch (error) {
        return refuse(error);
      }
      // Plain views: the slice() of Node's own kind of array is no copy, where everybody expects one.
      chunks.push(new Uint8Array(buffer, byteOffset, byteLength));
      // The stream's own end comes some turns later.
      if (size === declared) finish();
    };
    incoming
      .on('data', take)
      .on('end', finish)
      .on('close', () => settle(() => reject(bodyBrokenOff())));
  });
}
