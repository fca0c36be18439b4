import type { HttpBindings } from '@hono/node-server';
import type { Context } from 'hono';
import { bodyBrokenOff, bodyTooLarge, joinChunks } from './body.ts';

/**
 * Reads a body from Node's own stream, which gives what came from the socket as it is: a body in one piece, as
 * small ones are, is never copied.
 */
export function readIncomingBody(
  c: Context<{ Bindings: HttpBindings }>,
  maxBytes: number,
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
      end();
    };
    const finish = () => settle(() => resolve(joinChunks(chunks, size)));
    const take = ({ buffer, byteOffset, byteLength }: Uint8Array) => {
      size += byteLength;
      // Plain views: the slice() of Node's own kind of array is no copy, where everybody expects one.
      chunks.push(new Uint8Array(buffer, byteOffset, byteLength));
      if (size > maxBytes) {
        incoming.off('data', take).pause();
        settle(() => reject(bodyTooLarge(maxBytes)));
      } else if (size === declared) {
        // The stream's own end comes some turns later.
        finish();
      }
    };
    incoming
      .on('data', take)
      .on('end', finish)
      .on('close', () => settle(() => reject(bodyBrokenOff())));
  });
}
