import { setTimeout as sleep } from 'node:timers/promises';
import { httpBytes, json, type Question, UNDER_PRESSURE } from '../question.ts';
import { Wire } from '../wire.ts';
import { lookUp } from './lookup-questions.ts';
import { scrapeMetrics } from './other-questions.ts';
import type { Act, Scene } from './scene.ts';

/** Clients that take longer than they may: with the head, with the body, with everything, or with reading. */

const PIECE_BYTES = 4;
const PIECE_MS = 100;
/** As long as a client goes on sending: by then the server has to have had enough. */
const LONGEST_DRIP_MS = 6000;

const body = json(Array.from({ length: 1000 }, () => 1));
const path = '/models/breast-cancer/predict';
/** Refused before its body is asked for, or for the time that this takes. */
const bodyCodes = ['request_timeout', ...UNDER_PRESSURE, 'not_ready'] as const;

/** Sends bytes a few at a time, until it is answered. */
async function drip(wire: Wire, bytes: Uint8Array): Promise<void> {
  const end = performance.now() + LONGEST_DRIP_MS;
  for (let at = 0; at < bytes.byteLength; at += PIECE_BYTES) {
    if (wire.hasBegun || !wire.isOpen || performance.now() > end) return;
    wire.write(bytes.subarray(at, at + PIECE_BYTES));
    await sleep(PIECE_MS);
  }
}

/** Sends some of a request at once and some of it slowly, and expects to be told that it took too long. */
async function sendSlowly(
  { port, ledger }: Scene,
  question: Omit<Question, 'bytes'>,
  split: (bytes: Buffer, endOfHead: number) => { readonly atOnce: Buffer; readonly slowly: Buffer },
): Promise<void> {
  const wire = await Wire.connect(port);
  const id = ledger.open(question);
  const bytes = Buffer.from(httpBytes({ path, body }, id));
  const { atOnce, slowly } = split(bytes, bytes.indexOf('\r\n\r\n') + 4);
  wire.write(atOnce);
  await drip(wire, slowly);
  await ledger.await(wire, id, question);
  wire.close();
}

const NOTHING = Buffer.alloc(0);
const slowHead = { kind: 'slow: head', codes: bodyCodes } as const;
const slowBody = { kind: 'slow: body', codes: bodyCodes } as const;
const stalled = { kind: 'slow: stalls in the body', codes: bodyCodes } as const;
const silent = { kind: 'slow: says nothing', codes: ['request_timeout'] } as const;

/** So many answers of some 100 KB fill what the kernel keeps for a connection. */
const PIPELINED = 100;
/** REQUEST_TIMEOUT_MS and BODY_TIMEOUT_MS, after which Node looks, and looks once more. */
const LONGEST_STILLNESS_MS = 20_000;

/** Asks for more than a connection can hold and reads nothing of it: the server has to give up. */
async function neverRead({ port, ledger }: Scene): Promise<void> {
  const wire = await Wire.connect(port);
  const question = { ...scrapeMetrics, kind: 'slow: never reads' };
  wire.stopReading();
  const ids = Array.from({ length: PIPELINED }, () => ledger.open(question));
  wire.write(Buffer.concat(ids.map((id) => question.bytes(id))));
  await sleep(LONGEST_STILLNESS_MS);
  wire.goOnReading();
  for (const [i, id] of ids.entries()) {
    const answer = await wire.answer(LONGEST_STILLNESS_MS);
    if (typeof answer !== 'string') ledger.closeAnswered(id, answer, question);
    // What it has not read is its own doing.
    else ledger.close(id, { end: i === 0 && answer === 'unanswered' ? 'dropped' : 'gone' });
  }
  if (wire.taken === PIPELINED) ledger.fault('a client that read nothing was waited for');
  wire.close();
}

const ROWS_OF_LARGE_ANSWER = 100_000;
const SIPS = 40;

/** Reads a large answer in sips: slow, but never still, so all of it comes. */
async function sip({ port, ledger, random, tables }: Scene): Promise<void> {
  const wire = await Wire.connect(port);
  const question = { ...lookUp(random, tables, ROWS_OF_LARGE_ANSWER), kind: 'slow: reads in sips' };
  const answering = ledger.ask(wire, question);
  for (let sips = 0; sips < SIPS && wire.isOpen; sips++) {
    wire.stopReading();
    await sleep(PIECE_MS);
    wire.goOnReading();
    await sleep(1);
  }
  await answering;
  wire.close();
}

export const SLOW_CLIENTS: readonly Act[] = [
  {
    name: 'a head in drips',
    run: (scene) => sendSlowly(scene, slowHead, (bytes) => ({ atOnce: NOTHING, slowly: bytes })),
  },
  {
    name: 'a body in drips',
    run: (scene) =>
      sendSlowly(scene, slowBody, (bytes, end) => ({
        atOnce: bytes.subarray(0, end),
        slowly: bytes.subarray(end),
      })),
  },
  {
    name: 'a body that stops',
    run: (scene) =>
      sendSlowly(scene, stalled, (bytes, end) => ({
        atOnce: bytes.subarray(0, end + 50),
        slowly: NOTHING,
      })),
  },
  {
    name: 'a connection without a word',
    run: (scene) => sendSlowly(scene, silent, () => ({ atOnce: NOTHING, slowly: NOTHING })),
  },
  { name: 'answers that are never read', run: neverRead },
  { name: 'an answer read in sips', run: sip },
];
