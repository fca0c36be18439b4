import { setTimeout as sleep } from 'node:timers/promises';
import type { Question } from '../question.ts';
import type { Random } from '../random.ts';
import type { Tables } from '../tables.ts';
import { Wire } from '../wire.ts';
import { inferV2, invoke, predictRows, predictV1 } from './golden-questions.ts';
import { HOSTILE_BODIES } from './hostile-bodies.ts';
import { HOSTILE_REQUESTS } from './hostile-requests.ts';
import { askSlow, lookUp } from './lookup-questions.ts';
import { askAround, scrapeMetrics } from './other-questions.ts';
import type { Scene } from './scene.ts';

/** Clients that ask one thing after the other, most of it right, on connections that they keep. */

/** Time to think, in milliseconds at most. */
const LONGEST_THOUGHT_MS = 30;

type Choice = readonly [weight: number, make: (random: Random, tables: Tables) => Question];

const CHOICES: readonly Choice[] = [
  [30, (random) => predictRows(random, 1)],
  [8, (random) => predictRows(random, random.integer(2, 64))],
  [1, (random) => predictRows(random, 3000)],
  [4, (random) => predictRows(random, random.integer(1, 100), true)],
  [4, (random) => invoke(random, random.integer(1, 5))],
  [4, (random) => predictV1(random, random.integer(1, 5))],
  [8, (random) => inferV2(random, random.integer(1, 20))],
  [20, (random, tables) => lookUp(random, tables, random.integer(1, 20))],
  [6, (random, tables) => lookUp(random, tables, 5, String(random.integer(1, 4)))],
  [0.5, (random, tables) => lookUp(random, tables, 50_000)],
  [2, (random) => askSlow(random, random.integer(1, 3))],
  [5, askAround],
  [1, () => scrapeMetrics],
  [8, (random) => random.pick(HOSTILE_BODIES)],
  [4, (random) => random.pick(HOSTILE_REQUESTS)],
];

function choose(random: Random, tables: Tables): Question {
  const all = CHOICES.reduce((sum, [weight]) => sum + weight, 0);
  let place = random.next() * all;
  const choice = CHOICES.find(([weight]) => {
    place -= weight;
    return place < 0;
  });
  return (choice ?? random.pick(CHOICES))[1](random, tables);
}

/** Asks until it is over. */
export async function askSteadily(scene: Scene, isOver: () => boolean): Promise<void> {
  const { port, ledger, random, tables } = scene;
  let wire: Wire | undefined;
  while (!isOver()) {
    wire ??= await Wire.connect(port);
    const answer = await ledger.ask(wire, choose(random, tables));
    if (wire.hasBegun) ledger.fault('an answer that nobody has asked for');
    const isEnding = !answer || answer.headers.connection === 'close';
    if (isEnding || random.chance(0.02)) {
      wire.close();
      wire = undefined;
    }
    await sleep(random.integer(0, LONGEST_THOUGHT_MS));
  }
  wire?.close();
}
