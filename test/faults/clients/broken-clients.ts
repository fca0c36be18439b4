import { setTimeout as sleep } from 'node:timers/promises';
import type { Question } from '../question.ts';
import { Wire } from '../wire.ts';
import { inferV2, predictRows } from './golden-questions.ts';
import { BROKEN_CHUNKS, UNREADABLE } from './hostile-requests.ts';
import { askSlow, lookUp } from './lookup-questions.ts';
import type { Act, Scene } from './scene.ts';

/** Clients that break off, at every point at which one can, and clients whose bytes are no HTTP. */

const LONGEST_WAIT_MS = 5000;
const ROWS_OF_LARGE_ANSWER = 50_000;

/** Sends a question, or a part of it, and resets the connection at some point after that. */
async function breakOff(
  { port, ledger }: Scene,
  question: Question,
  part: (bytes: Uint8Array) => Uint8Array,
  until: (wire: Wire) => Promise<unknown>,
  end: (wire: Wire) => void = (wire) => wire.reset(),
): Promise<void> {
  const wire = await Wire.connect(port);
  const id = ledger.open(question);
  wire.write(part(question.bytes(id)));
  await until(wire);
  // It may have been answered, or turned away, before it could break off.
  const answer = await wire.answer(0);
  if (answer === 'midway') ledger.fault(`${id}: its answer was cut off`);
  if (answer === 'overdue' || answer === 'midway') {
    end(wire);
    ledger.close(id, { end: 'gone' });
  } else if (typeof answer === 'string') {
    ledger.close(id, { end: 'dropped' });
  } else {
    ledger.closeAnswered(id, answer, question);
  }
  wire.close();
}

const whole = (bytes: Uint8Array) => bytes;
const pieceOfHead = (bytes: Uint8Array) => bytes.subarray(0, 60);
const withoutItsEnd = (bytes: Uint8Array) => bytes.subarray(0, bytes.byteLength - 20);

/** Until the first bytes of an answer are there, and not all of it. */
async function hasBegun(wire: Wire): Promise<void> {
  const end = performance.now() + LONGEST_WAIT_MS;
  while (!wire.hasBegun && wire.isOpen && performance.now() < end) await sleep(1);
  wire.stopReading();
}

/** Sends all or a part of a question, and then nothing more: a client that has closed its half, and still reads. */
async function closeHalf(
  { port, ledger }: Scene,
  question: Question,
  part: (bytes: Uint8Array) => Uint8Array,
): Promise<void> {
  const wire = await Wire.connect(port);
  const id = ledger.open(question);
  wire.write(part(question.bytes(id)));
  wire.halfClose();
  const answer = await wire.answer(LONGEST_WAIT_MS * 2);
  if (typeof answer !== 'string') ledger.closeAnswered(id, answer, question);
  // Node ends its own half as well, whatever was to come: by its rules this client has gone.
  else ledger.close(id, { end: 'gone' });
  if (answer === 'overdue') ledger.fault(`${id}: a connection that was closed by half stays open`);
  wire.close();
}

/** Two requests on a connection, of which the second is none. */
async function askAndBabble({ port, ledger, random, tables }: Scene): Promise<void> {
  const wire = await Wire.connect(port);
  const answer = await ledger.ask(wire, lookUp(random, tables, 1));
  if (answer && answer.headers.connection !== 'close') {
    await ledger.ask(wire, random.pick(UNREADABLE));
  }
  wire.close();
}

const PIPELINED = 8;

/** Several requests at once on one connection, answered in their order. */
async function pipeline({ port, ledger, random, tables }: Scene): Promise<void> {
  const wire = await Wire.connect(port);
  const questions = Array.from({ length: PIPELINED }, (_, i) => {
    return i % 2 === 0 ? lookUp(random, tables, 3) : predictRows(random, 1);
  });
  const asked = questions.map((question) => ({ question, id: ledger.open(question) }));
  wire.write(Buffer.concat(asked.map(({ question, id }) => question.bytes(id))));
  for (const { question, id } of asked) {
    const answer = await ledger.await(wire, id, question);
    // What stands behind an answer that ends the connection is not answered any more.
    if (!answer || answer.headers.connection === 'close') break;
  }
  wire.close();
  for (const { id } of asked) if (ledger.isOpen(id)) ledger.close(id, { end: 'gone' });
}

/** Sends what cannot be read, on a connection of its own. */
async function babble({ port, ledger, random }: Scene): Promise<void> {
  const wire = await Wire.connect(port);
  await ledger.ask(wire, random.pick([...UNREADABLE, BROKEN_CHUNKS]));
  wire.close();
}

const large = ({ random, tables }: Scene) => lookUp(random, tables, ROWS_OF_LARGE_ANSWER);
const named = (question: Question, kind: string): Question => ({ ...question, kind });
const cutBody = {
  codes: ['bad_request', 'overloaded', 'too_many_connections', 'not_ready'],
} as const;

export const BROKEN_CLIENTS: readonly Act[] = [
  {
    name: 'a reset in the head',
    run: (scene) =>
      breakOff(scene, named(predictRows(scene.random, 1), 'broken: head'), pieceOfHead, () =>
        sleep(scene.random.integer(0, 50)),
      ),
  },
  {
    name: 'a reset in the body',
    run: (scene) =>
      breakOff(scene, named(predictRows(scene.random, 3), 'broken: body'), withoutItsEnd, () =>
        sleep(scene.random.integer(0, 100)),
      ),
  },
  {
    name: 'a reset while it waits',
    run: (scene) =>
      breakOff(scene, named(askSlow(scene.random, 3), 'broken: waiting'), whole, () =>
        sleep(scene.random.integer(0, 200)),
      ),
  },
  {
    name: 'a reset in the answer',
    run: (scene) => breakOff(scene, named(large(scene), 'broken: answer'), whole, hasBegun),
  },
  {
    name: 'an end in the answer',
    run: (scene) =>
      breakOff(scene, named(large(scene), 'broken: answer, with an end'), whole, hasBegun, (wire) =>
        wire.close(),
      ),
  },
  {
    name: 'a reset in a compressed answer',
    run: (scene) =>
      breakOff(
        scene,
        named(inferV2(scene.random, 1000), 'broken: compressed answer'),
        whole,
        hasBegun,
      ),
  },
  {
    name: 'half a connection after the request',
    run: (scene) =>
      closeHalf(scene, named(askSlow(scene.random, 1), 'half-closed: request'), whole),
  },
  {
    name: 'half a connection in the body',
    run: (scene) =>
      closeHalf(
        scene,
        { ...predictRows(scene.random, 1), ...cutBody, kind: 'half-closed: body' },
        withoutItsEnd,
      ),
  },
  {
    name: 'half a connection in the head',
    run: (scene) =>
      closeHalf(
        scene,
        { ...predictRows(scene.random, 1), ...cutBody, kind: 'half-closed: head' },
        pieceOfHead,
      ),
  },
  { name: 'no HTTP', run: babble },
  { name: 'no HTTP behind a request', run: askAndBabble },
  { name: 'several requests at once', run: pipeline },
];
