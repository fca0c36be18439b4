import { setTimeout as sleep } from 'node:timers/promises';
import type { Question } from '../question.ts';
import { Wire } from '../wire.ts';
import { predictRows } from './golden-questions.ts';
import { askSlow } from './lookup-questions.ts';
import { askAround } from './other-questions.ts';
import type { Act, Scene } from './scene.ts';

/** Very many clients at once. */

/** Connections that the server keeps beside MAX_CONNECTIONS for health and metrics. */
const RESERVED = 64;
export const MAX_CONNECTIONS = 200;

/** Opens connections, asks on each, and keeps them all for a while. */
async function crowd(
  { port, ledger }: Scene,
  count: number,
  question: (index: number) => Question,
): Promise<void> {
  const wires = await Promise.all(
    Array.from({ length: count }, async (_, index) => {
      const wire = await Wire.connect(port);
      await ledger.ask(wire, question(index));
      return wire;
    }),
  );
  await sleep(300);
  for (const wire of wires) wire.close();
}

/** More rows than the slow model can do in REQUEST_TIMEOUT_MS. They are only taken where no others wait. */
const ROWS_THAT_OUTLIVE = 400;
const MOST_TRIES = 50;

async function outlive({ port, ledger, random }: Scene): Promise<void> {
  const wire = await Wire.connect(port);
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    const answer = await ledger.ask(wire, askSlow(random, ROWS_THAT_OUTLIVE, 'slow: outlives'));
    if (answer?.status !== 503 || answer.headers.connection === 'close') break;
    await sleep(100);
  }
  wire.close();
}

const silence: Question = {
  kind: 'crowd: says nothing',
  bytes: () => new Uint8Array(),
  codes: ['request_timeout'],
};
const named = (question: Question, kind: string): Question => ({ ...question, kind });

/** Rows that wait for a model, at most: a burst has more. */
export const MAX_QUEUE_ROWS = 48;

export const CROWDS: readonly Act[] = [
  {
    name: 'a few connections too many',
    run: (scene) =>
      crowd(scene, MAX_CONNECTIONS + RESERVED / 2, (i) =>
        i % 2 === 0
          ? named(askAround(scene.random), 'crowd: asks around')
          : named(predictRows(scene.random, 1), 'crowd: predicts'),
      ),
  },
  {
    name: 'far too many connections',
    run: (scene) =>
      crowd(scene, MAX_CONNECTIONS + RESERVED + 50, () =>
        named(predictRows(scene.random, 1), 'crowd: predicts'),
      ),
  },
  {
    name: 'many connections without a word',
    run: (scene) => crowd(scene, MAX_CONNECTIONS, () => silence),
  },
  {
    name: 'a burst for a slow model',
    run: (scene) =>
      crowd(scene, MAX_QUEUE_ROWS + 30, () => askSlow(scene.random, 1, 'crowd: slow')),
  },
  { name: 'a run that outlives its time', run: outlive },
];
