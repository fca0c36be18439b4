import { constants, crc32, deflateRawSync } from 'node:zlib';
import { joinBytes } from './hostile-request.ts';

const MEGABYTE = 2 ** 20;
const zeros = new Uint8Array(MEGABYTE);
/** A megabyte of zeros that ends on a byte, so that any number of them may stand one behind the other. */
const block = deflateRawSync(zeros, { finishFlush: constants.Z_FULL_FLUSH });
/** The block that is the last one, of nothing. */
const END = Uint8Array.of(3, 0);

/** So many megabytes of zeros, compressed a thousandfold, with sums that are right. */
export function bomb(encoding: 'gzip' | 'deflate', megabytes: number): Uint8Array<ArrayBuffer> {
  const blocks = Array<Uint8Array>(megabytes).fill(block);
  const size = megabytes * MEGABYTE;
  const sum = new DataView(new ArrayBuffer(8));
  if (encoding === 'deflate') {
    // Adler-32 (RFC 1950, 9): zeros leave the first half at 1, which is added to the second for each of them.
    sum.setUint32(0, ((size % 65_521) << 16) | 1);
    const bytes = new Uint8Array(sum.buffer, 0, 4);
    return joinBytes([Uint8Array.of(0x78, 0x01), ...blocks, END, bytes]);
  }
  let crc = 0;
  for (let i = 0; i < megabytes; i++) crc = crc32(zeros, crc);
  sum.setUint32(0, crc, true);
  sum.setUint32(4, size % 2 ** 32, true);
  const head = Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255);
  return joinBytes([head, ...blocks, END, new Uint8Array(sum.buffer)]);
}
