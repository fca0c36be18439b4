import { serialize } from 'prometheus-remote-write';
import protobuf from 'protobufjs/minimal.js';
import { compress } from 'snappyjs';
import type { Sample } from './series.ts';

// protobufjs writes through Node's Buffer where there is one, and calls its utf8Write without a length, which
// the Buffer of workerd (1.20261117) refuses. Its own writer does the same everywhere.
Reflect.set(protobuf.util, 'Buffer', null);
protobuf.configure();

/** A double's tag in a Sample message (field 1, 64 bit) and the bits of the NaN that JavaScript writes. */
const NAN_VALUE = [0x09, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xf8, 0x7f] as const;
/** Prometheus' stale marker, 0x7ff0000000000002, little-endian. */
const STALE_BITS = [0x02, 0x00, 0x00, 0x00, 0x00, 0x00, 0xf0, 0x7f] as const;

/** What one request carries, ready to be sent and sent again. */
export interface Batch {
  readonly samples: number;
  /** A remote-write 1.0 WriteRequest, snappy block compressed. */
  readonly body: Uint8Array;
}

/**
 * Encodes samples into batches of at most `maxSamples`. Each batch holds samples of one snapshot: what a
 * receiver refuses then takes nothing else with it.
 */
export async function encodeBatches(
  samples: readonly Sample[],
  maxSamples: number,
): Promise<Batch[]> {
  const batches: Batch[] = [];
  for (let start = 0; start < samples.length; start += maxSamples) {
    const part = samples.slice(start, start + maxSamples);
    batches.push({ samples: part.length, body: compress(await encode(part)) });
  }
  return batches;
}

async function encode(samples: readonly Sample[]): Promise<Uint8Array> {
  const message = await serialize({
    timeseries: samples.map(({ labels, value, timestamp }) => ({
      labels: labels.map(([name, text]) => ({ name, value: text })),
      samples: [{ value, timestamp }],
    })),
  });
  if (samples.some(({ value }) => Number.isNaN(value))) markStale(message);
  return message;
}

/**
 * Gives every NaN the bits of the stale marker, which a JavaScript number cannot be trusted to keep. The
 * pattern occurs nowhere else in a WriteRequest: 0xf8 is in no UTF-8 text, and no number has six zero bytes
 * in front of it.
 */
function markStale(message: Uint8Array): void {
  for (let at = message.indexOf(0x09); at !== -1; at = message.indexOf(0x09, at + 1)) {
    if (NAN_VALUE.every((byte, i) => message[at + i] === byte)) message.set(STALE_BITS, at + 1);
  }
}
